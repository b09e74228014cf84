package dev.interlock.catalog.graphql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.BodyStream;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LongJsonReaderTest {

    private static BodyStream body(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return body(bytes.length, List.of(bytes));
    }

    /** Returns a body of these pieces, each of which is there once. */
    private static BodyStream body(long length, List<byte[]> pieces) {
        return new BodyStream() {
            @Override
            public long length() {
                return length;
            }

            @Override
            public boolean isKnown() {
                return true;
            }

            @Override
            public InputStream open() {
                Enumeration<InputStream> streams = Collections.enumeration(pieces.stream()
                        .<InputStream>map(ByteArrayInputStream::new)
                        .toList());
                return new java.io.SequenceInputStream(streams);
            }
        };
    }

    @Test
    void longTextsStandAsTheirBeginnings() {
        String text = "é\n\"x\" " + "a".repeat(20_000);
        String json = new Value.Text(text).json();
        Value read = Value.read(body("{\"type\":\"text\",\"text\":" + json + ",\"n\":[1,{\"kind\":\"ü\"}]}"));

        assertThat(read.at("type")).contains(new Value.Text("text"));
        assertThat(read.at("n").orElseThrow().json()).isEqualTo("[1,{\"kind\":\"ü\"}]");
        assertThat(read.at("text").orElseThrow())
                .isInstanceOfSatisfying(
                        Value.LongText.class, found -> assertThat(text).startsWith(found.head()));
        assertThat(((Value.LongText) read.at("text").orElseThrow()).head()).hasSizeGreaterThan(60);
    }

    @Test
    void textsAcrossBuffersKeepTheirBeginnings() {
        for (int before = 3_900; before < 4_100; before += 7) {
            Value read = Value.read(body("[" + " ".repeat(before) + "\"begins" + "z".repeat(9_000) + "\",\"short\"]"));
            assertThat(read).isInstanceOfSatisfying(Value.Items.class, list -> {
                assertThat(((Value.LongText) list.items().getFirst()).head()).startsWith("beginszz");
                assertThat(list.items().getLast()).isEqualTo(new Value.Text("short"));
            });
        }
    }

    private static String object(int members, String name, String value) {
        return IntStream.range(0, members)
                .mapToObj(i -> "\"" + name + i + "\":" + value)
                .collect(java.util.stream.Collectors.joining(",", "{", "}"));
    }

    /** Names are kept to find duplicates, and so they must not fill the memory either. */
    @Test
    void namesAndObjectsAreLimited() {
        assertThat(Value.read(body(object(5_000, "n".repeat(500), "1")))).isInstanceOf(Value.Members.class);
        assertThatThrownBy(() -> Value.read(body(object(10_000, "n".repeat(500), "1"))))
                .isInstanceOf(UnreadableException.class);
        assertThatThrownBy(() -> Value.read(body(object(LongJsonReader.MAX_VALUES + 1, "n", "{}"))))
                .isInstanceOf(UnreadableException.class);
    }

    /** Otherwise blanks would make a decisive word look like any text. */
    @Test
    void blanksMakeNoTextReadable() {
        Value read = Value.read(body("{\"type\":\"web_search\"" + " ".repeat(9_000) + "}"));
        assertThat(read.at("type").orElseThrow().scalar()).isEmpty();
    }

    @Test
    void textsBeyondTheRoomStayOutside() {
        String item = "\"" + "t".repeat(LongJsonReader.LONG - 10) + "\",";
        int fitting = LongJsonReader.ROOM / item.length() + 2;
        Value read = Value.read(body("[" + item.repeat(fitting + 100) + "\"end\"]"));
        List<Value> items = ((Value.Items) read).items();
        assertThat(items.stream().filter(Value.Text.class::isInstance)).hasSizeLessThanOrEqualTo(fitting + 1);
        assertThat(items.getLast()).isEqualTo(new Value.Text("end"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":1,\"a\":2}",
                "{\"a\":\"L\",\"a\":2}",
                "[1] 2",
                "[\"L\"",
                "[\"L\\x\"]",
                "[\"L\u0001\"]",
                "['L']",
                "[\"L\",]",
                "\ufeff[\"L\"]",
                "[NaN]"
            })
    void whatReadersTakeDifferentlyIsRefused(String text) {
        assertThatThrownBy(() -> Value.read(body(text.replace("L", "l".repeat(50_000)))))
                .isInstanceOf(UnreadableException.class);
    }

    @Test
    void bytesThatAreNoUtf8AreRefused() {
        byte[] bytes = ("[\"" + "x".repeat(50_000) + "?\"]").getBytes(StandardCharsets.US_ASCII);
        bytes[bytes.length - 3] = (byte) 0xc3;
        assertThatThrownBy(() -> Value.read(body(bytes.length, List.of(bytes))))
                .isInstanceOf(UnreadableException.class);
    }

    @Test
    void tooManyValuesAreRefused() {
        String many = "[" + "1,".repeat(LongJsonReader.MAX_VALUES) + "1]";
        assertThatThrownBy(() -> Value.read(body(many))).isInstanceOf(UnreadableException.class);
        String deep = "[" + "[],".repeat(3 * LongJsonReader.MAX_VALUES) + "1]";
        assertThatThrownBy(() -> Value.read(body(deep))).isInstanceOf(UnreadableException.class);
    }

    /** The longest file that GitHub takes, in base64: as one text, and its name in a text of 100 MB. */
    @Test
    void oneHugeTextTakesLittleMemory() {
        byte[] some = "QUJD".repeat(256 * 1024).getBytes(StandardCharsets.US_ASCII);
        List<byte[]> pieces = new java.util.ArrayList<>(Collections.nCopies(128, some));
        pieces.addFirst("{\"message\":\"adds it\",\"content\":\"".getBytes(StandardCharsets.US_ASCII));
        pieces.addLast("\"}".getBytes(StandardCharsets.US_ASCII));

        long before = allocated();
        Value read = Value.read(body(128L * some.length, pieces));
        assertThat(allocated() - before).isLessThan(8L * 1024 * 1024);
        assertThat(read.at("message")).contains(new Value.Text("adds it"));
        assertThat(((Value.LongText) read.at("content").orElseThrow()).length()).isGreaterThan(128L * some.length);

        pieces.set(0, "{\"".getBytes(StandardCharsets.US_ASCII));
        long again = allocated();
        assertThatThrownBy(() -> Value.read(body(128L * some.length, pieces))).isInstanceOf(UnreadableException.class);
        assertThat(allocated() - again).isLessThan(8L * 1024 * 1024);
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    @Test
    void lessThanTheMostValuesAreRead() {
        Map<String, Value> members = new java.util.LinkedHashMap<>();
        IntStream.range(0, 1_000).forEach(i -> members.put("m" + i, new Value.Text("v" + i)));
        Value whole = new Value.Members(members);
        assertThat(Value.read(body(whole.json()))).isEqualTo(whole);
    }
}
