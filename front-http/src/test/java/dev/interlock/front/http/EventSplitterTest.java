package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventSplitterTest {

    private static List<String> events(String stream) {
        EventLines.EventSplitter splitter = new EventLines.EventSplitter();
        List<String> events = new ArrayList<>();
        for (byte b : stream.getBytes(StandardCharsets.UTF_8)) {
            splitter.next(b)
                    .map(event -> new String(event.toArray(), StandardCharsets.UTF_8))
                    .ifPresent(events::add);
        }
        return events;
    }

    /** Each is as in the standard's text (server-sent events, "interpreting an event stream"). */
    @Test
    void eventsAreSplitAsTheStandardSays() {
        assertThat(events("data: a\n\ndata:b\r\n\r\ndata:  c\r\r")).containsExactly("a", "b", " c");
        assertThat(events("data: a\ndata: b\ndata\n\n")).containsExactly("a\nb\n");
        assertThat(events("\ufeffdata: a\n\n")).containsExactly("a");
        assertThat(events(": data: x\nevent: message\nid: 1\ndata: a\nretry: 3\n\n"))
                .containsExactly("a");
        assertThat(events("datum: x\ndat: x\n data: x\nDATA: x\ndata : x\n\n")).isEmpty();
        assertThat(events("data: a")).as("an event without its end").isEmpty();
    }

    /** A stream that can be resumed begins with such an event. */
    @Test
    void anEventWithoutDataIsNone() {
        assertThat(events("id: 1\ndata: \n\nid: 2\ndata: a\n\n")).containsExactly("a");
    }

    @Test
    void someClientsEndLinesWhereUnicodeDoes() {
        assertThat(unicode("a\u2028b\u2029c\u0085d\u000be\u000cf\u001cg\u001dh\u001ei"))
                .isEqualTo("a\nb\nc\nd\ne\nf\ng\nh\ni");
        String others = "\u2027 \u202a \u0084 \u20ac \u00e2 \u00c2\u0085x \u2764 \ud83d\ude00 \r\n\t";
        assertThat(unicode(others + ".")).isEqualTo(others.replace("\u0085", "\n") + ".");
    }

    private static String unicode(String text) {
        UnicodeLines lines = new UnicodeLines();
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            read.writeBytes(lines.next(b));
        }
        return read.toString(StandardCharsets.UTF_8);
    }
}
