package dev.interlock.system.bench;

import io.netty.channel.EventLoop;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The least that evidence can cost: one thread hashes what waits into a Merkle tree, writes it, syncs once, and then
 * wakes each event loop once. Twenty times a second it signs the root. It is no log that anybody could read.
 */
final class EvidenceLog implements Runnable {

    private static final int SIZE = 256 << 20;
    private static final int MOST_OF_A_GROUP = 512;
    private static final long PUBLISHED_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** A receipt to write, and what to run on a loop once it is durable. */
    private record Entry(byte[] receipt, Optional<EventLoop> loop, Runnable then) {}

    private final Queue<Entry> waiting = PlatformDependent.newMpscQueue();
    private final FileChannel file;
    private final Thread thread = new Thread(this, "evidence");
    private final byte[][] edge = new byte[Long.SIZE][];
    private final ByteBuffer written = ByteBuffer.allocateDirect(2 << 20);
    private volatile boolean isAsleep;
    private long number;
    private byte[] root = {};

    EvidenceLog(Path path) throws IOException {
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
        for (long at = 0; at < SIZE; at += zeros.capacity()) {
            file.write(zeros.clear(), at);
        }
        file.force(true);
        thread.setDaemon(true);
        thread.start();
    }

    /** Writes {@code receipt}, and runs {@code then} on {@code loop} once it is durable. */
    void append(byte[] receipt, Optional<EventLoop> loop, Runnable then) {
        waiting.add(new Entry(receipt, loop, then));
        if (isAsleep) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void run() {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(
                    KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPrivate());
            long signed = System.nanoTime();
            long at = 0;
            while (true) {
                List<Entry> group = group(sha);
                at = at + written.limit() > SIZE ? 0 : at;
                at += file.write(written, at);
                file.force(false);
                wake(group);
                if (System.nanoTime() - signed > PUBLISHED_NANOS) {
                    signature.update(root);
                    signature.sign();
                    signed = System.nanoTime();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits for receipts, and hashes and frames all that are there. */
    private List<Entry> group(MessageDigest sha) {
        List<Entry> group = new ArrayList<>();
        written.clear();
        while (group.isEmpty()) {
            for (Entry next = waiting.poll(); next != null; next = waiting.poll()) {
                group.add(next);
                frame(next.receipt(), sha);
                if (group.size() == MOST_OF_A_GROUP) {
                    break;
                }
            }
            if (group.isEmpty()) {
                isAsleep = true;
                if (waiting.isEmpty()) {
                    LockSupport.parkNanos(PUBLISHED_NANOS);
                }
                isAsleep = false;
            }
        }
        written.flip();
        return group;
    }

    private void frame(byte[] receipt, MessageDigest sha) {
        byte[] head = ("{\"at\":\"" + System.currentTimeMillis() + "\",\"id\":\"R-" + number + "\",")
                .getBytes(StandardCharsets.US_ASCII);
        sha.update(head);
        byte[] frame = sha.digest(receipt);
        sha.update((byte) 0);
        sha.update(head);
        byte[] node = sha.digest(receipt);
        int level = 0;
        for (long left = number; (left & 1) == 1; left >>= 1) {
            sha.update((byte) 1);
            sha.update(edge[level]);
            node = sha.digest(node);
            level++;
        }
        edge[level] = node;
        root = node;
        number++;
        written.putInt(head.length + receipt.length).put(frame, 0, 8).put(head).put(receipt);
    }

    private static void wake(List<Entry> group) {
        Map<EventLoop, List<Runnable>> loops = new HashMap<>();
        for (Entry entry : group) {
            entry.loop()
                    .ifPresent(loop ->
                            loops.computeIfAbsent(loop, _ -> new ArrayList<>()).add(entry.then()));
        }
        loops.forEach((loop, all) -> loop.execute(() -> all.forEach(Runnable::run)));
    }
}
