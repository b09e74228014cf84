package dev.interlock.catalog.graphql;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.interlock.action.BodyStream;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;

/**
 * Reads a long body in little memory. The first pass finds out how long the texts are: a parser goes past them without
 * taking them in. The second takes in the short ones, and a {@link Value.LongText} stands for each other.
 */
final class LongJsonReader {

    /** Maximum characters of a text that is taken in. Names, kinds and addresses are shorter. */
    static final int LONG = 4 * 1024;

    /** Maximum characters of all texts that are taken in. When they are used up, only the shortest are. */
    static final int ROOM = 4 * 1024 * 1024;

    /** The characters of a text that is always taken in. */
    static final int SHORTEST = 64;

    /** Maximum values: twice those of a conversation that fills the largest models. As many lists and objects. */
    static final int MAX_VALUES = 2 * JsonReader.MAX_VALUES;

    /** The characters that are kept of the beginning of a long text, as it is written. */
    private static final int HEAD = 96;

    private static final JsonFactory FACTORY = JsonReader.factory(2 * LONG);

    private final BitSet areLong = new BitSet();
    private final List<Value.LongText> longs = new ArrayList<>();
    private int texts;
    private long room = ROOM;

    private LongJsonReader() {}

    static Value read(BodyStream body) {
        try {
            LongJsonReader reader = new LongJsonReader();
            reader.measure(body);
            return reader.values(body);
        } catch (CharacterCodingException _) {
            throw new UnreadableException(GraphqlRefusals.NO_UTF8);
        } catch (com.fasterxml.jackson.core.JacksonException | NumberFormatException _) {
            throw JsonReader.malformed();
        } catch (IOException e) {
            throw new UncheckedIOException("a body that was stored cannot be read", e);
        }
    }

    private static HeadReader open(BodyStream body) throws IOException {
        // A fresh decoder reports what other readers would replace.
        return new HeadReader(new InputStreamReader(body.open(), StandardCharsets.UTF_8.newDecoder()));
    }

    private void measure(BodyStream body) throws IOException {
        try (HeadReader in = open(body);
                JsonParser parser = FACTORY.createParser(in)) {
            int values = 0;
            int containers = 0;
            long names = 0; // the parser keeps those of an object, to find duplicates
            JsonToken token = parser.nextToken();
            while (token != null) {
                values += token.isScalarValue() ? 1 : 0;
                containers += token.isStructStart() ? 1 : 0;
                names += token == JsonToken.FIELD_NAME ? parser.currentName().length() : 0;
                if (values > MAX_VALUES || containers > MAX_VALUES) {
                    throw new UnreadableException(GraphqlRefusals.TOO_MANY_VALUES, MAX_VALUES);
                }
                if (names > ROOM) {
                    throw new UnreadableException(GraphqlRefusals.LONG_TEXT);
                }
                long start = token == JsonToken.VALUE_STRING
                        ? parser.currentTokenLocation().getCharOffset()
                        : -1;
                if (start >= 0) {
                    in.keepFrom(start);
                }
                token = parser.nextToken();
                if (start >= 0) {
                    // Blanks behind it count too: nobody gains by making a text look long.
                    measured(in, parser.currentTokenLocation().getCharOffset() - start);
                }
            }
        }
    }

    private void measured(HeadReader in, long length) throws IOException {
        if (length > (room > 0 ? LONG : SHORTEST)) {
            areLong.set(texts);
            longs.add(new Value.LongText(text(in.kept()), length));
        } else {
            room -= length;
        }
        texts++;
    }

    /** Returns the text that {@code written} begins with, which may end within an escape. */
    private static String text(String written) throws IOException {
        for (int end = written.length(); end > 1; end--) {
            try (JsonParser parser = FACTORY.createParser(written.substring(0, end) + '"')) {
                parser.nextToken();
                return parser.getText();
            } catch (com.fasterxml.jackson.core.JacksonException _) {
                // One character less.
            }
        }
        return "";
    }

    private Value values(BodyStream body) throws IOException {
        int[] next = {0};
        Iterator<Value.LongText> left = longs.iterator();
        try (Reader in = open(body);
                JsonParser parser = FACTORY.createParser(in)) {
            return new JsonReader(
                            parser,
                            2 * MAX_VALUES, // lists and objects count here too
                            text -> areLong.get(next[0]++) ? left.next() : JsonReader.text(text))
                    .whole();
        }
    }

    /** Keeps some characters from a place on, which is behind the last ones that were read or among them. */
    private static final class HeadReader extends FilterReader {

        private final StringBuilder kept = new StringBuilder();
        private char[] piece = {};
        private int from;
        private int length;
        private long begun;
        private boolean isBegun;

        HeadReader(Reader in) {
            super(in);
        }

        void keepFrom(long start) {
            kept.setLength(0);
            keep((int) (start - begun));
        }

        private void keep(int at) {
            kept.append(piece, from + at, Math.min(HEAD - kept.length(), length - at));
        }

        String kept() {
            return kept.toString();
        }

        @Override
        public int read(char[] to, int at, int most) throws IOException {
            int count = super.read(to, at, most);
            if (count > 0) {
                if (!isBegun && to[at] == '\ufeff') {
                    throw new UnreadableException(GraphqlRefusals.BYTE_ORDER_MARK);
                }
                isBegun = true;
                begun += length;
                piece = to;
                from = at;
                length = count;
                if (kept.length() < HEAD) {
                    keep(0);
                }
            }
            return count;
        }
    }
}
