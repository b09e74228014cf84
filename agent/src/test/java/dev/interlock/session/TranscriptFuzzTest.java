package dev.interlock.session;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.VisibleText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;

/** Fuzzes transcripts: each is read to its end, and shown without control characters that a terminal would obey. */
class TranscriptFuzzTest {

    @FuzzTest(maxDuration = "30s")
    void transcript(byte[] input) throws IOException {
        Transcript.read(new ByteArrayInputStream(input), "t.jsonl", saying -> {
            TranscriptEntry placed = saying.within(Instant.EPOCH, Instant.EPOCH.plusSeconds(1));
            placed.json().canonical();
            if (!TerminalText.line(saying.text(), 400).codePoints().allMatch(VisibleText::isVisible)) {
                throw new AssertionError("a terminal would obey it");
            }
        });
    }
}
