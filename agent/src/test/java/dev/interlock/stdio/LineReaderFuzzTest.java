package dev.interlock.stdio;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Fuzzes what a server writes: each line is found as it is, none is too long, and each message is one line. */
class LineReaderFuzzTest {

    private static final int LONGEST = 64;

    @FuzzTest(maxDuration = "30s")
    void lines(byte[] input) {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        AtomicBoolean isTooLong = new AtomicBoolean();
        LineReader lines = new LineReader(new ByteArrayInputStream(input), LONGEST, () -> isTooLong.set(true));
        try {
            for (Optional<byte[]> line = lines.next(); line.isPresent(); line = lines.next()) {
                check(line.get());
                read.writeBytes(line.get());
                read.write('\n');
            }
        } catch (IOException e) {
            return; // a line had no end
        }
        if (isTooLong.get()) {
            return;
        }
        byte[] whole = read.toByteArray();
        if (!Arrays.equals(whole, Arrays.copyOf(input, whole.length)) || has(input, whole.length, (byte) '\n')) {
            throw new AssertionError("the lines are not what was written");
        }
    }

    private static void check(byte[] line) {
        if (line.length > LONGEST || has(line, 0, (byte) '\n')) {
            throw new AssertionError("no line");
        }
        Optional<Message> message = Message.read(line);
        if (message.isPresent() && has(message.get().bytes(), 0, (byte) '\r')) {
            throw new AssertionError("a message of two lines");
        }
    }

    private static boolean has(byte[] bytes, int from, byte sought) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == sought) {
                return true;
            }
        }
        return false;
    }
}
