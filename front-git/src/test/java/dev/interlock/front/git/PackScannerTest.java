package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Tests that a pack is exactly what it says, and within the limits, before anything unpacks it. */
class PackScannerTest {

    private static final byte[] NOTHING = new byte[0];

    private int scan(byte[] pack) throws IOException {
        return PackScanner.scan(new ByteArrayInputStream(pack), new ObjectSearch(_ -> false))
                .size();
    }

    private void refused(byte[] pack, String reason) {
        assertThatThrownBy(() -> scan(pack))
                .isInstanceOf(UnreadablePushException.class)
                .hasMessageContaining(reason);
    }

    private static Packs two() {
        Packs packs = new Packs();
        int base = packs.position();
        return packs.blob("hello").delta(base, 5, 1);
    }

    @Test
    void anOrdinaryPackHasItsObjects() throws IOException {
        assertThat(scan(two().bytes())).isEqualTo(2);
        assertThat(scan(KeptPush.EMPTY_PACK.toArray())).isZero();
        assertThat(new Packs().bytes()).isEqualTo(KeptPush.EMPTY_PACK.toArray());
    }

    @Test
    void aLongObjectIsReadInPieces() throws IOException {
        String text = "abcdefghij".repeat(100_000);
        assertThat(scan(new Packs().blob(text).blob("b").bytes())).isEqualTo(2);
    }

    @Test
    void everyByteBelongsToThePack() {
        byte[] pack = two().bytes();
        refused(Arrays.copyOf(pack, pack.length + 1), "does not end with its checksum");
        refused(Arrays.copyOf(pack, pack.length - 1), "cut off");
        refused(Arrays.copyOf(pack, 20), "cut off");
        refused(two().bytes(1), "does not end with its checksum");
        refused(two().bytes(3), "");
        pack[pack.length - 1] ^= 1;
        refused(pack, "does not end with its checksum");
    }

    @Test
    void otherVersionsAndOtherBytesAreNoPack() {
        byte[] pack = two().bytes();
        pack[7] = 3;
        refused(pack, "no pack of version 2");
        refused("0000".getBytes(StandardCharsets.US_ASCII), "no pack of version 2");
    }

    @Test
    void aDeltaNeedsAnObjectOfTheSamePack() {
        refused(
                new Packs()
                        .object(Packs.REFERENCE_DELTA, 5, new byte[20], new byte[] {5, 1, 1, 'x', 0})
                        .bytes(),
                "does not bring");
        refused(
                new Packs()
                        .blob("a")
                        .object(Packs.OFFSET_DELTA, 4, Packs.distance(3), new byte[] {1, 1, 1, 'x'})
                        .bytes(),
                "is no object");
        refused(
                new Packs()
                        .object(Packs.OFFSET_DELTA, 4, Packs.distance(500), new byte[] {1, 1, 1, 'x'})
                        .bytes(),
                "is no object");
    }

    @Test
    void anObjectHasTheSizeThatItSays() {
        refused(new Packs().object(Packs.BLOB, 3, NOTHING, new byte[1_000]).bytes(), "another size");
        refused(new Packs().object(Packs.BLOB, 30, NOTHING, new byte[3]).bytes(), "another size");
        refused(new Packs().object(5, 1, NOTHING, new byte[1]).bytes(), "unknown type");
    }

    @Test
    void nothingThatWouldFillTheMemoryIsUnpacked() {
        refused(
                new Packs()
                        .object(Packs.BLOB, PackScanner.MAX_FILE + 1, NOTHING, NOTHING)
                        .bytes(),
                "an object of more than");
        Packs large = new Packs();
        int base = large.position();
        refused(large.blob("a").delta(base, 1, PackScanner.MAX_OBJECT + 1).bytes(), "an object of more than");
        refused(new Packs().bytes(PackScanner.MAX_OBJECTS + 1), "has more than");
        refused(new Packs().bytes(-1), "has more than");
    }

    @Test
    void chainsOfDeltasAreShort() throws IOException {
        assertThat(scan(chain(PackScanner.MAX_DEPTH, 1))).isEqualTo(PackScanner.MAX_DEPTH + 1);
        refused(chain(PackScanner.MAX_DEPTH + 1, 1), "too long");
        refused(chain(3, PackScanner.MAX_OBJECT), "too long");
    }

    private static byte[] chain(int deltas, int size) {
        Packs packs = new Packs();
        int base = packs.position();
        packs.blob("a");
        for (int i = 0; i < deltas; i++) {
            int own = packs.position();
            packs.delta(base, 1, size);
            base = own;
        }
        return packs.bytes();
    }
}
