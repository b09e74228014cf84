package dev.interlock.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/** Counts the calls of methods exactly, by Java's flight recorder: a measure of work that no busy machine changes. */
public final class CountedCalls {

    private static final String EVENT = "jdk.MethodTiming";

    private CountedCalls() {}

    /** Returns how often any method of {@code type} was called, by whomever, while {@code work} ran. */
    public static long of(Class<?> type, Callable<?> work) throws Exception {
        Path file = Files.createTempFile("calls", ".jfr");
        try (Recording recording = new Recording()) {
            recording.enable(EVENT).with("filter", type.getName()).with("period", "endChunk");
            recording.start();
            work.call();
            recording.stop();
            recording.dump(file);
            return calls(file);
        } finally {
            Files.delete(file);
        }
    }

    private static long calls(Path file) throws IOException {
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals(EVENT))
                .mapToLong(CountedCalls::calls)
                .sum();
    }

    private static long calls(RecordedEvent event) {
        return event.getLong("invocations");
    }
}
