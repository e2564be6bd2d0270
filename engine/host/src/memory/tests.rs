//! Who gets memory, who waits, and who is ended for it; and that a component's tables are counted.

use futures::FutureExt;
use futures::future::BoxFuture;
use wasmtime::{Engine, Store};

use super::*;

const MIB: usize = 1 << 20;

fn alone(limit: usize) -> MemoryLimit {
    MemoryLimit::new(limit, None, Arc::default())
}

/// A guest of a query.
struct One {
    share: Arc<Share>,
    ended: oneshot::Receiver<Failure>,
}

impl One {
    fn of(memory: &QueryMemory) -> Self {
        let (share, ended) = memory.join();
        Self {
            share: Arc::new(share),
            ended,
        }
    }

    /// Wants so many MiB in all.
    fn wants(&self, mib: usize) -> BoxFuture<'static, ()> {
        let share = Arc::clone(&self.share);
        Box::pin(async move { share.grow(mib * MIB, &LastWords::default()).await })
    }

    fn has(&self, mib: usize) {
        assert_eq!(self.wants(mib).now_or_never(), Some(()));
    }

    fn why(&mut self) -> Option<Failure> {
        self.ended.try_recv().ok()
    }
}

#[tokio::test]
async fn memories_count_together_and_a_refusal_is_noted() {
    let mut memory = alone(100);
    assert!(memory.grow(0, 60).await);
    assert!(memory.grow(0, 30).await);
    assert!(!memory.grow(30, 50).await);
    assert_eq!(memory.refused, Some(110));
    assert!(memory.grow(60, 70).await);
    assert_eq!(memory.peak, 100);
    assert!(!memory.grow(0, usize::MAX).await);
}

#[tokio::test]
async fn who_finds_no_room_waits_until_another_ends() {
    let memory = QueryMemory::new(100 * MIB, "--setting");
    let (first, mut second) = (One::of(&memory), One::of(&memory));
    first.has(60);
    let mut waits = second.wants(70);
    assert!((&mut waits).now_or_never().is_none());
    assert_eq!(memory.used(), 60 * MIB);
    drop(first);
    assert_eq!(waits.now_or_never(), Some(()));
    assert_eq!((memory.used(), memory.peak()), (70 * MIB, 70 * MIB));
    assert!(second.why().is_none());
    drop(second);
    assert_eq!(memory.used(), 0);
}

#[tokio::test]
async fn who_waits_when_its_time_is_over_is_told_what_for() {
    let memory = QueryMemory::new(100 * MIB, "--setting");
    let (first, second) = (One::of(&memory), One::of(&memory));
    first.has(60);
    let words = LastWords::default();
    assert_eq!(words.waited(), "");
    let mut waits = Box::pin(second.share.grow(70 * MIB, &words));
    assert!((&mut waits).now_or_never().is_none());
    assert_eq!(
        words.waited(),
        "; it waited for memory that other plugins of the query have, of 100 MiB together (--setting)"
    );
    drop(first);
    assert_eq!(waits.now_or_never(), Some(()));
    assert_eq!(words.waited(), "");
}

#[tokio::test]
async fn the_first_megabytes_are_there_whatever_others_have() {
    let memory = QueryMemory::new(100 * MIB, "--setting");
    let (greedy, small) = (One::of(&memory), One::of(&memory));
    greedy.has(100);
    small.has(limits::UNSHARED_MEMORY / MIB);
    assert_eq!(memory.used(), 100 * MIB + limits::UNSHARED_MEMORY);
}

#[tokio::test]
async fn when_all_wait_the_largest_is_ended_and_names_the_setting() {
    let memory = QueryMemory::new(100 * MIB, "--setting");
    let (mut large, mut small) = (One::of(&memory), One::of(&memory));
    large.has(60);
    small.has(40);
    let mut larger = large.wants(61);
    assert!((&mut larger).now_or_never().is_none());
    assert!(large.why().is_none());
    let mut more = small.wants(55);
    assert!((&mut more).now_or_never().is_none());
    let failure = large.why().unwrap();
    assert_eq!(failure.code, ErrorCode::Internal);
    assert!(failure.message.contains("100 MiB"), "{}", failure.message);
    assert!(failure.message.contains("60 MiB"), "{}", failure.message);
    assert!(failure.hint.unwrap().ends_with("or raise --setting"));
    // Only one at a time: its memory is about to come back.
    assert!((&mut more).now_or_never().is_none());
    assert!(small.why().is_none());
    drop((large, larger));
    assert_eq!(more.now_or_never(), Some(()));
}

#[tokio::test]
async fn one_guest_that_needs_more_than_all_may_have_is_ended() {
    let memory = QueryMemory::new(100 * MIB, "--setting");
    let mut only = One::of(&memory);
    only.has(99);
    assert!(only.wants(101).now_or_never().is_none());
    assert!(only.why().is_some());
}

#[tokio::test]
async fn who_wants_no_more_than_its_part_does_not_wait_for_one_that_never_ends() {
    let memory = QueryMemory::new(100 * MIB, "--setting");
    let (mut greedy, mut modest) = (One::of(&memory), One::of(&memory));
    greedy.has(90);
    let mut waits = modest.wants(20);
    assert!((&mut waits).now_or_never().is_none());
    assert!(greedy.why().is_some());
    assert!(modest.why().is_none());
    drop(greedy);
    assert_eq!(waits.now_or_never(), Some(()));
}

/// The memory of a process, and of two queries of it.
fn process(limit: usize) -> (QueryMemory, QueryMemory, QueryMemory) {
    let all = QueryMemory::of_all_queries(limit * MIB, "--memory");
    let query = || QueryMemory::new(100 * MIB, "--setting").within(&all);
    let (one, two) = (query(), query());
    (all, one, two)
}

#[tokio::test]
async fn queries_share_what_the_process_has_and_wait_for_each_other() {
    let (all, one, two) = process(120);
    let (first, mut second) = (One::of(&one), One::of(&two));
    first.has(80);
    let words = LastWords::default();
    let mut waits = Box::pin(second.share.grow(50 * MIB, &words));
    assert!((&mut waits).now_or_never().is_none());
    assert_eq!(
        words.waited(),
        "; it waited for memory that plugins of other queries have, of 120 MiB together (--memory)"
    );
    assert_eq!(all.used(), 80 * MIB);
    // Here nothing is there without the others, not the first megabytes either.
    let third = One::of(&two);
    let mut small = third.wants(41);
    assert!((&mut small).now_or_never().is_none());
    third.has(1);
    drop(first);
    assert_eq!(waits.now_or_never(), Some(()));
    drop(small);
    third.has(41);
    assert_eq!((all.used(), all.peak()), (91 * MIB, 91 * MIB));
    assert!(second.why().is_none());
    drop((second, third));
    assert_eq!((all.used(), two.used()), (0, 0));
}

#[tokio::test]
async fn when_the_guests_of_all_queries_wait_the_largest_is_ended() {
    let (_, one, two) = process(120);
    let (mut large, mut small) = (One::of(&one), One::of(&two));
    large.has(70);
    small.has(50);
    let mut more = small.wants(61);
    assert!((&mut more).now_or_never().is_none());
    assert!(large.why().is_none() && small.why().is_none());
    let mut larger = large.wants(71);
    assert!((&mut larger).now_or_never().is_none());
    let failure = large.why().unwrap();
    assert!(failure.message.starts_with(
        "the plugins of all queries needed more memory than they may have together, 120 MiB"
    ));
    assert!(failure.hint.unwrap().ends_with("or raise --memory"));
    drop((large, larger));
    assert_eq!(more.now_or_never(), Some(()));
}

#[tokio::test]
async fn who_waits_for_its_query_and_who_waits_for_the_process_do_not_wait_for_each_other() {
    // The first waits for the process, of which the second query has the rest; another guest of its query waits for it.
    for is_first in [true, false] {
        let (_, one, two) = process(120);
        let (mut first, mut beside) = (One::of(&one), One::of(&one));
        let mut other = One::of(&two);
        first.has(60);
        beside.has(20);
        other.has(40);
        let (mut a, mut b) = (first.wants(70), beside.wants(50));
        let order = if is_first {
            [&mut a, &mut b]
        } else {
            [&mut b, &mut a]
        };
        for waits in order {
            assert!(waits.now_or_never().is_none());
        }
        let mut c = other.wants(41);
        assert!((&mut c).now_or_never().is_none());
        let ended = [first.why(), beside.why(), other.why()];
        assert_eq!(ended.iter().flatten().count(), 1, "{is_first}");
        assert!(ended[0].is_some());
        drop((first, a));
        assert_eq!(c.now_or_never(), Some(()));
        assert_eq!(b.now_or_never(), Some(()));
    }
}

#[tokio::test]
async fn who_has_little_of_the_process_is_not_ended_for_others() {
    let (_, one, two) = process(60);
    let little = limits::UNDISTURBED_MEMORY / MIB;
    let (mut first, mut second) = (One::of(&one), One::of(&two));
    first.has(little);
    second.has(60 - little);
    let mut third = One::of(&two);
    let mut waits = third.wants(1);
    assert!((&mut waits).now_or_never().is_none());
    assert!(
        [&mut first, &mut second, &mut third]
            .into_iter()
            .all(|it| it.why().is_none())
    );
    // One that has more does not keep it from those who want little.
    drop((waits, third, second));
    first.has(60);
    let third = One::of(&two);
    let mut waits = third.wants(1);
    assert!((&mut waits).now_or_never().is_none());
    assert!(first.why().is_some());
    drop(first);
    assert_eq!(waits.now_or_never(), Some(()));
}

#[test]
fn tables_count_together_too() {
    let mut memory = alone(100);
    let most = limits::TABLE_ELEMENTS;
    assert!(memory.grow_table(0, most - 1));
    assert!(memory.grow_table(0, 1));
    assert!(!memory.grow_table(0, 1));
    assert!(!memory.grow_table(1, usize::MAX));
}

#[tokio::test]
async fn a_module_that_grows_its_tables_gets_no_more_than_all_may_have() {
    /// Grows each of two tables by thousands until it is refused, and gives the elements of both.
    const GREEDY: &str = r#"(module (table $a 0 funcref) (table $b 0 funcref)
      (func (export "grow") (result i32)
        (loop $on (br_if $on (i32.ne (table.grow $a (ref.null func) (i32.const 1000)) (i32.const -1))))
        (loop $on (br_if $on (i32.ne (table.grow $b (ref.null func) (i32.const 1000)) (i32.const -1))))
        (i32.add (table.size $a) (table.size $b))))"#;
    let engine = Engine::default();
    let mut store = Store::new(&engine, alone(1 << 20));
    store.limiter_async(|limit| limit);
    let module = wasmtime::Module::new(&engine, wat::parse_str(GREEDY).unwrap()).unwrap();
    let instance = wasmtime::Instance::new_async(&mut store, &module, &[]);
    let instance = instance.await.unwrap();
    let grow = instance
        .get_typed_func::<(), i32>(&mut store, "grow")
        .unwrap();
    let grown = grow.call_async(&mut store, ()).await.unwrap();
    assert_eq!(usize::try_from(grown).unwrap(), limits::TABLE_ELEMENTS);
}
