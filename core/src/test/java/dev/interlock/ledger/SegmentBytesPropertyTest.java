package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a segment reads the same without most of the zeros at its end. */
class SegmentBytesPropertyTest {

    private static final int FILES = 400;
    private static final int FIRST = 7;

    @TempDir
    private Path directory;

    private final Set<Segment.FrameState> found = EnumSet.noneOf(Segment.FrameState.class);

    /** Returns the receipts and entries up to the first bytes that are no receipt. */
    private List<Object> walked(byte[] bytes) {
        List<Object> all = new ArrayList<>();
        Segment segment = new Segment(bytes, FIRST);
        Segment.Frame frame = segment.next();
        while (frame.found() == Segment.FrameState.FRAME) {
            all.add(List.of(frame, new String(segment.entry(frame), java.nio.charset.StandardCharsets.ISO_8859_1)));
            frame = segment.next();
        }
        all.add(frame);
        found.add(frame.found());
        return all;
    }

    private static byte[] random(Random random) {
        byte[] bytes = new byte[Receipt.MAX_BYTES * 3 + random.nextInt(600_000)];
        byte[] header = Segment.header(FIRST);
        System.arraycopy(header, 0, bytes, 0, header.length);
        int at = header.length;
        int frames = random.nextInt(6);
        for (int i = 0; i < frames; i++) {
            byte[] entry = new byte[random.nextInt(20) == 0 ? Receipt.MAX_BYTES : 1 + random.nextInt(300)];
            random.nextBytes(entry);
            if (random.nextBoolean()) { // zeros inside, and at the end of the written part
                Arrays.fill(entry, random.nextInt(entry.length), entry.length, (byte) 0);
            }
            byte[] frame = Segment.frame(FIRST + i, random.nextBoolean() ? 0 : i, entry);
            if (at + frame.length > bytes.length) {
                break;
            }
            System.arraycopy(frame, 0, bytes, at, frame.length);
            at += frame.length;
        }
        int damage = random.nextInt(4);
        for (int i = 0; i < damage; i++) { // inside of the written part, and somewhere behind it
            int to = random.nextInt(3) == 0 ? bytes.length : Math.min(bytes.length, at + 30);
            int where = header.length + random.nextInt(to - header.length);
            bytes[where] = (byte) (random.nextBoolean() ? 0 : random.nextInt(256));
        }
        return bytes;
    }

    @Test
    void partialReadsEqualTheWholeFile() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int shorter = 0;
        for (int i = 0; i < FILES; i++) {
            byte[] whole = random(random);
            Path file = Files.write(directory.resolve("segment"), whole);
            byte[] read = SegmentBytes.read(file);
            assertThat(walked(read)).as("seed %d, file %d", seed, i).isEqualTo(walked(whole));
            assertThat(read).isEqualTo(Arrays.copyOf(whole, read.length));
            assertThat(SegmentBytes.nonZeroEnd(read)).isEqualTo(SegmentBytes.nonZeroEnd(whole));
            shorter += read.length < whole.length ? 1 : 0;
        }
        assertThat(shorter).isGreaterThan(FILES / 4);
        assertThat(found).contains(Segment.FrameState.END, Segment.FrameState.TORN, Segment.FrameState.DAMAGED);
    }

    @Test
    void zerosAloneAreReadAsZeros() throws IOException {
        Path file = Files.write(directory.resolve("segment"), new byte[1_000_000]);
        assertThat(SegmentBytes.nonZeroEnd(SegmentBytes.read(file))).isZero();
        assertThat(SegmentBytes.read(Files.write(file, new byte[0]))).isEmpty();
    }
}
