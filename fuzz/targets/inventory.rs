//! libFuzzer's door to [`trawl_fuzz::inventory`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| trawl_fuzz::inventory(data));
