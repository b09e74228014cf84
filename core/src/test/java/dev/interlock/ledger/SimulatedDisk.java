package dev.interlock.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A disk under the segments that fails at one moment, and loses what was not forced. Sectors of a write that was not
 * forced reach the disk in any combination.
 *
 * <p>Threading: guarded by itself.
 */
final class SimulatedDisk implements SegmentFile.SegmentFileOpener {

    /** The unit that a disk writes whole or not at all. */
    private static final int SECTOR = 512;

    /** What happens at the moment. */
    enum Fault {
        POWER_CUT("the machine is off"),
        /** A write fails after a part of it. */
        FULL("No space left on device"),
        /** Nothing can be written any more, although it was accepted before. */
        READ_ONLY("Read-only file system"),
        /** A write or a sync fails, and nobody knows how much of it took effect. */
        IO_ERROR("Input/output error");

        private final String words;

        Fault(String words) {
            this.words = words;
        }
    }

    private final Random random;
    private final Fault fault;

    /** The number of writes and syncs before the fault. */
    private int left;

    private final Map<Path, SimulatedFile> files = new LinkedHashMap<>();

    SimulatedDisk(Random random, Fault fault, int left) {
        this.random = random;
        this.fault = fault;
        this.left = left;
    }

    @Override
    public synchronized SegmentFile open(Path path) throws IOException {
        step();
        SimulatedFile file = new SimulatedFile(Files.exists(path) ? Files.readAllBytes(path) : new byte[0]);
        if (!Files.exists(path)) {
            Files.write(path, new byte[0]);
        }
        files.put(path, file);
        return file.at(path);
    }

    private void step() throws IOException {
        if (left <= 0) {
            throw new IOException(fault.words);
        }
        left--;
    }

    /** Leaves on the real disk what a start would find after the fault. */
    synchronized void crash() throws IOException {
        for (Map.Entry<Path, SimulatedFile> file : files.entrySet()) {
            if (Files.exists(file.getKey())) {
                Files.write(file.getKey(), file.getValue().survivor());
            }
        }
    }

    private record Write(int position, byte[] bytes) {}

    /** A file: its durable bytes, and the writes that were not forced. */
    private final class SimulatedFile {
        private byte[] durable;
        private final List<Write> pending = new ArrayList<>();

        private SimulatedFile(byte[] durable) {
            this.durable = durable;
        }

        /** Returns the durable bytes, with any of the sectors that were written since. */
        private byte[] survivor() {
            byte[] bytes = durable;
            for (Write write : pending) {
                for (int at = 0; at < write.bytes().length; at += SECTOR) {
                    if (random.nextBoolean()) {
                        int end = Math.min(write.bytes().length, at + SECTOR);
                        bytes = with(bytes, write.position() + at, Arrays.copyOfRange(write.bytes(), at, end));
                    }
                }
            }
            return bytes;
        }

        private byte[] with(byte[] bytes, int position, byte[] more) {
            byte[] all = Arrays.copyOf(bytes, Math.max(bytes.length, position + more.length));
            System.arraycopy(more, 0, all, position, more.length);
            return all;
        }

        private SegmentFile at(Path path) {
            return new SegmentFile() {
                @Override
                public void write(byte[] bytes, long position) throws IOException {
                    synchronized (SimulatedDisk.this) {
                        boolean last = left == 1;
                        step();
                        int length = last && fault == Fault.FULL ? random.nextInt(bytes.length + 1) : bytes.length;
                        pending.add(new Write((int) position, Arrays.copyOf(bytes, length)));
                        if (last && fault != Fault.POWER_CUT) {
                            left = 0;
                            throw new IOException(fault.words);
                        }
                    }
                }

                @Override
                public void force() throws IOException {
                    synchronized (SimulatedDisk.this) {
                        step();
                        for (Write write : pending) {
                            durable = with(durable, write.position(), write.bytes());
                        }
                        pending.clear();
                        Files.write(path, durable);
                    }
                }

                @Override
                public void close() {
                    // what was not forced stays so
                }
            };
        }
    }
}
