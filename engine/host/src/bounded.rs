//! A channel bounded by bytes rather than items: a sender waits until the receiver has taken enough.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// What an item costs at least, so that their number is bounded as well.
const LEAST_COST: u32 = 1 << 10;

/// The receiver is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed;

struct Item<T> {
    value: T,
    room: Option<OwnedSemaphorePermit>,
}

/// The end that waits for room.
pub(crate) struct Sender<T> {
    items: mpsc::UnboundedSender<Item<T>>,
    room: Arc<Semaphore>,
    capacity: u32,
}

/// The end that makes room. Dropping it wakes a waiting sender.
pub(crate) struct Receiver<T> {
    items: mpsc::UnboundedReceiver<Item<T>>,
    room: Arc<Semaphore>,
}

/// A channel that holds about `capacity` bytes, and one item of any size when it is empty.
pub(crate) fn channel<T>(capacity: u32) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(
        usize::try_from(capacity).unwrap_or(Semaphore::MAX_PERMITS),
    ));
    let sender = Sender {
        items: sender,
        room: Arc::clone(&room),
        capacity,
    };
    (
        sender,
        Receiver {
            items: receiver,
            room,
        },
    )
}

impl<T> Sender<T> {
    /// Waits for room and hands over `value`, which weighs `bytes`.
    pub(crate) async fn send(&self, value: T, bytes: usize) -> Result<(), Closed> {
        let cost = u32::try_from(bytes)
            .unwrap_or(u32::MAX)
            .max(LEAST_COST)
            .min(self.capacity);
        let room = Arc::clone(&self.room).acquire_many_owned(cost);
        let room = Some(room.await.map_err(|_| Closed)?);
        self.items.send(Item { value, room }).map_err(|_| Closed)
    }

    /// Hands over the last value, which does not wait for room.
    pub(crate) fn finish(&self, value: T) {
        // Nobody listens any more: then nobody misses it either.
        let _ = self.items.send(Item { value, room: None });
    }
}

impl<T> Receiver<T> {
    /// The next value; none when every sender is gone.
    pub(crate) fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.items.poll_recv(context).map(|item| {
            item.map(|item| {
                drop(item.room);
                item.value
            })
        })
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.room.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::poll;
    use std::pin::pin;

    async fn next<T>(receiver: &mut Receiver<T>) -> Option<T> {
        std::future::poll_fn(|context| receiver.poll_recv(context)).await
    }

    #[tokio::test]
    async fn a_full_channel_makes_the_sender_wait_for_the_receiver() {
        let (sender, mut receiver) = channel(10 << 10);
        sender.send(1, 8 << 10).await.unwrap();
        let mut second = pin!(sender.send(2, 8 << 10));
        assert!(poll!(second.as_mut()).is_pending());
        assert_eq!(next(&mut receiver).await, Some(1));
        assert_eq!(poll!(second.as_mut()), Poll::Ready(Ok(())));
        assert_eq!(next(&mut receiver).await, Some(2));
    }

    #[tokio::test]
    async fn an_item_larger_than_the_channel_passes_when_it_is_empty() {
        let (sender, mut receiver) = channel(4 << 10);
        sender.send("large", usize::MAX).await.unwrap();
        assert_eq!(next(&mut receiver).await, Some("large"));
    }

    #[tokio::test]
    async fn dropping_the_receiver_wakes_the_sender() {
        let (sender, receiver) = channel(1 << 10);
        sender.send((), 1 << 10).await.unwrap();
        let mut waiting = pin!(sender.send((), 1));
        assert!(poll!(waiting.as_mut()).is_pending());
        drop(receiver);
        assert_eq!(poll!(waiting.as_mut()), Poll::Ready(Err(Closed)));
    }

    #[tokio::test]
    async fn the_last_value_needs_no_room() {
        let (sender, mut receiver) = channel(1 << 10);
        sender.send(1, 1 << 10).await.unwrap();
        sender.finish(2);
        drop(sender);
        assert_eq!(next(&mut receiver).await, Some(1));
        assert_eq!(next(&mut receiver).await, Some(2));
        assert_eq!(next(&mut receiver).await, None);
    }
}
