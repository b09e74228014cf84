package dev.interlock.confine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A connection whose bytes this process passes on to another one, and back.
 *
 * <p>Threading: any thread may cut it. Each direction has a virtual thread.
 */
final class ForwardedConnection {

    /** How long one direction may be silent when the other has ended. Many programs never end theirs. */
    private static final Duration SILENCE = Duration.ofSeconds(60);

    private static final int PIECE = 1 << 16;
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final SocketChannel first;
    private final Duration silence;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong received = new AtomicLong();
    private Optional<SocketChannel> second = Optional.empty();
    private boolean ended;

    ForwardedConnection(SocketChannel first) {
        this(first, SILENCE);
    }

    ForwardedConnection(SocketChannel first, Duration silence) {
        this.first = first;
        this.silence = silence;
    }

    /**
     * Has {@code served} serve each connection to {@code listener} on a thread of its own, as many at once as there is
     * {@code room}. Returns when the listener is closed.
     */
    static void acceptEach(ServerSocketChannel listener, Semaphore room, Consumer<SocketChannel> served) {
        try {
            while (true) {
                room.acquire();
                try {
                    SocketChannel accepted = listener.accept();
                    Thread.ofVirtual().name("serve").start(() -> {
                        try {
                            served.accept(accepted);
                        } finally {
                            room.release();
                        }
                    });
                } catch (IOException e) {
                    room.release();
                    if (!listener.isOpen()) {
                        return;
                    }
                    Thread.sleep(PAUSE); // such as without descriptors, which do not come back within microseconds
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does so
        }
    }

    /** The bytes that went on from the first end. */
    long sent() {
        return sent.get();
    }

    long received() {
        return received.get();
    }

    /** Makes {@code channel} the other end, which may not be connected yet. It is closed if this was cut. */
    synchronized SocketChannel take(SocketChannel channel) throws IOException {
        if (ended) {
            channel.close();
            throw new AsynchronousCloseException();
        }
        second = Optional.of(channel);
        return channel;
    }

    /** Ends both at once. */
    synchronized void cut() {
        ended = true;
        end(first);
        second.ifPresent(ForwardedConnection::end);
    }

    private static void end(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // It is closed for this process in any case.
        }
    }

    /** Copies in both directions, until both have ended, or one of them and the other is silent. */
    void copy(SocketChannel other) throws InterruptedException {
        CountDownLatch one = new CountDownLatch(1);
        CountDownLatch both = new CountDownLatch(2);
        start(one, both, () -> copy(first, other, sent));
        start(one, both, () -> copy(other, first, received));
        one.await();
        long seen;
        do {
            seen = sent.get() + received.get();
        } while (!both.await(silence.toMillis(), TimeUnit.MILLISECONDS) && seen != sent.get() + received.get());
        cut();
        both.await();
    }

    private static void start(CountDownLatch one, CountDownLatch both, Runnable copying) {
        Thread.ofVirtual().name("copy").start(() -> {
            copying.run();
            one.countDown();
            both.countDown();
        });
    }

    private void copy(SocketChannel from, SocketChannel to, AtomicLong count) {
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        try {
            while (from.read(piece) >= 0) {
                piece.flip();
                while (piece.hasRemaining()) {
                    count.addAndGet(to.write(piece));
                }
                piece.clear();
            }
            to.shutdownOutput();
        } catch (IOException e) {
            cut(); // one end is gone, or it was cut
        }
    }
}
