//! The target `component`: a file that claims to be a plugin. Nothing of it is compiled, so that an input costs what reading costs.

use trawl_host::{Verdict, inspect};

use crate::plain;

/// A component that is one, to be damaged.
const KEPT: &[u8] = include_bytes!("../../tests/guests/kept/contract-0.1.wasm");
/// What a component begins with.
const MAGIC: &[u8] = b"\0asm\x0d\0\x01\0";
/// Bytes of one change of the kept component: where, in three, and what stands there then.
const CHANGE: usize = 4;

/// Inspects the input as it is, behind the first bytes of a component, and as changes of a component that is kept. Whatever comes
/// out can be shown on a terminal, and what is said to fit imports nothing that is refused.
///
/// # Panics
/// When one of that does not hold.
pub fn component(data: &[u8]) {
    check(data);
    check(&[MAGIC, data].concat());
    let mut changed = KEPT.to_vec();
    for change in data.chunks_exact(CHANGE) {
        if let [a, b, c, byte] = change {
            let at = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            let length = changed.len();
            if let Some(place) = changed.get_mut(at % length) {
                *place = *byte;
            }
        }
    }
    check(&changed);
    let cut = data.iter().fold(0_usize, |sum, byte| {
        sum * 31 % KEPT.len() + usize::from(*byte)
    });
    check(KEPT.get(..cut.min(KEPT.len())).unwrap_or_default());
}

fn check(wasm: &[u8]) {
    let inspection = match inspect(wasm) {
        Ok(inspection) => inspection,
        Err(error) => return plain(&error.message),
    };
    assert_eq!(inspection.digest.len(), 64);
    inspection.exports.iter().for_each(|name| plain(name));
    inspection
        .problems
        .iter()
        .for_each(|problem| plain(problem));
    for import in &inspection.imports {
        plain(&import.name);
        if let Verdict::Refused(why) = &import.verdict {
            plain(why);
            assert!(!inspection.fits());
        }
    }
    if inspection.fits() {
        assert!(
            inspection
                .contract
                .is_some_and(|version| version.starts_with("0.1."))
        );
    }
}
