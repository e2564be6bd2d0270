//! libFuzzer's door to [`trawl_fuzz::load`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| trawl_fuzz::load(data));
