package dev.interlock.front.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Bytes;
import dev.interlock.catalog.mcp.ToolList;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Fuzzes what looks for lists of tools: it finds each event that a plain reading finds, and each list in one. */
class ToolAnswersFuzzTest {

    @FuzzTest(maxDuration = "30s")
    void answer(byte[] input) {
        // Any character of one byte, so that the plain reading works on text.
        List<String> split = split(input);
        if (!split.equals(plain(new String(input, StandardCharsets.ISO_8859_1)))) {
            throw new IllegalStateException("the events are not those of the standard");
        }
        check(input);
        split.forEach(event -> check(event.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static List<String> split(byte[] input) {
        EventLines.EventSplitter splitter = new EventLines.EventSplitter();
        List<String> events = new ArrayList<>();
        for (byte b : input) {
            splitter.next(b).ifPresent(event -> events.add(new String(event.toArray(), StandardCharsets.ISO_8859_1)));
        }
        return events;
    }

    private static List<String> plain(String stream) {
        List<String> events = new ArrayList<>();
        List<String> data = new ArrayList<>();
        String begun = stream.startsWith("\u00ef\u00bb\u00bf") ? stream.substring(3) : stream;
        String[] lines = begun.split("\r\n|\n|\r", -1);
        for (String line : Arrays.copyOf(lines, lines.length - 1)) {
            if (line.isEmpty()) {
                String whole = String.join("\n", data);
                data.clear();
                if (!whole.isEmpty()) {
                    events.add(whole);
                }
            } else if (line.equals("data")) {
                data.add("");
            } else if (line.startsWith("data:")) {
                data.add(line.substring(line.startsWith("data: ") ? 6 : 5));
            }
        }
        return events;
    }

    private static void check(byte[] message) {
        ToolsFinder finder = new ToolsFinder();
        boolean isFound = false;
        for (byte b : message) {
            isFound |= finder.isFound(b);
        }
        if (!isFound && ToolList.read(Bytes.of(message)) instanceof ToolList.ListOfTools) {
            throw new IllegalStateException("a list of tools is not found");
        }
    }
}
