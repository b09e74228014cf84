package dev.interlock.system.bench;

import dev.interlock.evidence.Segment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Measures the bytes of all files in a directory of data, without the unused rest of a segment. */
final class LedgerSize {

    private static final int MOST_LOOKS = 10;

    private LedgerSize() {}

    /** Returns the bytes once they stay the same: the log's publisher ends a moment after the last call. */
    static long of(Path data) throws IOException {
        long last = -1;
        for (int i = 0; i < MOST_LOOKS; i++) {
            long now = whole(data);
            if (now == last) {
                return now;
            }
            last = now;
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
        }
        return last;
    }

    private static long whole(Path data) throws IOException {
        while (true) {
            try {
                return sum(data);
            } catch (NoSuchFileException e) {
                // A file was replaced meanwhile.
            } catch (UncheckedIOException e) {
                if (!(e.getCause() instanceof NoSuchFileException)) {
                    throw e;
                }
            }
        }
    }

    private static long sum(Path data) throws IOException {
        long sum = 0;
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = file.getFileName().toString();
                sum += name.endsWith(".segment") ? used(file) : Files.size(file);
            }
        }
        return sum;
    }

    private static long used(Path segment) throws IOException {
        byte[] bytes = Files.readAllBytes(segment);
        int end = bytes.length;
        while (end > Segment.HEADER_LENGTH && bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }
}
