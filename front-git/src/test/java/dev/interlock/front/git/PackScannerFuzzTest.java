package dev.interlock.front.git;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;

class PackScannerFuzzTest {

    /** Only {@link UnreadablePushException} may come out, also of bytes whose checksum is right. */
    @FuzzTest
    void anyBytesAreAPackOrRefused(byte[] pack) throws Exception {
        for (byte[] each : List.of(pack, summed(pack))) {
            try {
                scan(each);
            } catch (UnreadablePushException e) {
                // refused
            }
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
        try {
            if (scan(pack) != 2 || !isSame) {
                throw new AssertionError("byte " + at + " of the pack does not count");
            }
        } catch (UnreadablePushException e) {
            if (isSame) {
                throw new AssertionError("an ordinary pack was refused", e);
            }
        }
    }

    private static int scan(byte[] pack) throws IOException {
        return PackScanner.scan(new ByteArrayInputStream(pack), new ObjectSearch(_ -> false))
                .size();
    }
}
