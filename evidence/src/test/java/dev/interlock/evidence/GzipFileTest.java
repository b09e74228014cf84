package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GzipFileTest {

    private static final byte[] CONTENTS =
            "{\"kind\":\"intent\",\"reason\":\"to see\"}".repeat(900).getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path directory;

    @Test
    void anyProgramReadsIt() throws Exception {
        byte[] file = SoftLog.gzip(CONTENTS);
        assertThat(file.length).isLessThan(CONTENTS.length / 10);
        assertThat(new GZIPInputStream(new ByteArrayInputStream(file)).readAllBytes())
                .isEqualTo(CONTENTS);
        assertThat(GzipFile.decompress(file)).isEqualTo(CONTENTS);
    }

    @Test
    void allLengthsAreReadAsTheyWereWritten() throws Exception {
        for (int length = 0; length < 2000; length++) {
            byte[] some = Arrays.copyOf(CONTENTS, length);
            assertThat(GzipFile.decompress(SoftLog.gzip(some))).isEqualTo(some);
        }
    }

    /** A flipped bit is refused, or is one of those behind the last that count. */
    @Test
    void noFlippedBitChangesTheContents() throws Exception {
        byte[] file = SoftLog.gzip(CONTENTS);
        long seed = RandomGenerator.getDefault().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            byte[] bad = file.clone();
            bad[round < file.length ? round : random.nextInt(file.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                assertThat(GzipFile.decompress(bad)).as("seed %d", seed).isEqualTo(CONTENTS);
            } catch (MalformedException e) {
                assertThat(e).hasMessageNotContaining("kind");
            }
        }
    }

    @Test
    void whatIsCutOrGoesOnIsRefused() throws Exception {
        byte[] file = SoftLog.gzip(CONTENTS);
        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThatThrownBy(() -> GzipFile.decompress(cut)).isInstanceOf(MalformedException.class);
        }
        assertThatThrownBy(() -> GzipFile.decompress(SshWire.concat(file, file)))
                .isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> GzipFile.decompress(SshWire.concat(file, new byte[1])))
                .isInstanceOf(MalformedException.class);
    }

    /** Neither the length that it claims nor the one that it has fills the memory. */
    @Test
    void contentsLongerThanASegmentAreRefused() throws Exception {
        byte[] longest = new byte[16 << 20];
        assertThat(GzipFile.decompress(SoftLog.gzip(longest))).isEqualTo(longest);
        byte[] longer = SoftLog.gzip(new byte[(16 << 20) + 1]);
        assertThatThrownBy(() -> GzipFile.decompress(longer))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("longer than a segment");
        byte[] claimsLess = longer.clone();
        claimsLess[longer.length - 1] = 0;
        assertThatThrownBy(() -> GzipFile.decompress(claimsLess)).isInstanceOf(MalformedException.class);
    }

    /** The plain form goes while somebody asks: a length of 0 would count as lost. */
    @Test
    void theLengthIsKnownWhileThePlainFormGoes() throws Exception {
        Path file = directory.resolve("001");
        Files.write(GzipFile.of(file), SoftLog.gzip(CONTENTS));
        AtomicBoolean isOver = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().start(() -> {
            while (!isOver.get()) {
                try {
                    Path whole = Files.write(directory.resolve("whole"), CONTENTS);
                    Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
        try {
            for (int i = 0; i < 20_000; i++) {
                assertThat(GzipFile.length(file)).isEqualTo(CONTENTS.length);
            }
        } finally {
            isOver.set(true);
            writer.join();
        }
    }

    @Test
    void aFileIsReadInEitherForm() throws Exception {
        Path file = directory.resolve("000");
        assertThat(GzipFile.length(file)).isZero();
        Files.write(GzipFile.of(file), SoftLog.gzip(CONTENTS));
        assertThat(GzipFile.stored(file)).isEqualTo(directory.resolve("000.gz"));
        assertThat(GzipFile.length(file)).isEqualTo(CONTENTS.length);
        assertThat(GzipFile.read(file)).isEqualTo(CONTENTS);
        Files.write(GzipFile.of(file), new byte[3]);
        assertThat(GzipFile.length(file)).as("cut").isZero();
        Files.write(file, new byte[3]);
        assertThat(GzipFile.stored(file)).isEqualTo(file);
        assertThat(GzipFile.length(file)).isEqualTo(3);
        assertThat(GzipFile.read(file)).isEqualTo(new byte[3]);
    }
}
