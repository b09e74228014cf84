package dev.interlock.front.git;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;

class PackScannerFuzzTest {

    /** Only {@link UnreadablePushException} may come out, also of bytes whose checksum is right. */
    @FuzzTest
    void anyBytesAreAPackOrRefused(FuzzedDataProvider data) throws Exception {
        boolean isSummed = data.consumeBoolean();
        byte[] pack = data.consumeRemainingAsBytes();
        Path file = Files.createTempFile("pack", ".fuzz");
        try {
            Files.write(file, isSummed ? summed(pack) : pack);
            if (PackScanner.scan(file, 0) < 0) {
                throw new AssertionError("a pack with less than no objects");
            }
        } catch (UnreadablePushException e) {
            // refused
        } finally {
            Files.delete(file);
        }
    }

    private static byte[] summed(byte[] pack) throws Exception {
        byte[] sum = MessageDigest.getInstance("SHA-1").digest(pack);
        byte[] all = Arrays.copyOf(pack, pack.length + sum.length);
        System.arraycopy(sum, 0, all, pack.length, sum.length);
        return all;
    }

    /** The whole pack of two objects is one seed, so that the fuzzer does not begin with nothing. */
    @FuzzTest
    void aChangedPackIsRefusedOrHasItsObjects(FuzzedDataProvider data) throws IOException {
        byte[] pack = new Packs().blob("hello").blob("world").bytes();
        int at = data.consumeInt(0, pack.length - 1);
        byte to = data.consumeByte();
        boolean isSame = pack[at] == to;
        pack[at] = to;
        Path file = Files.createTempFile("pack", ".fuzz");
        try {
            Files.write(file, pack);
            int objects = PackScanner.scan(file, 0);
            if (!isSame || objects != 2) {
                throw new AssertionError("byte " + at + " of the pack does not count");
            }
        } catch (UnreadablePushException e) {
            if (isSame) {
                throw new AssertionError("an ordinary pack was refused", e);
            }
        } finally {
            Files.delete(file);
        }
    }
}
