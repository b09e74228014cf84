package dev.interlock.adopt;

import dev.interlock.action.Secret;
import dev.interlock.shapes.CredentialKind;
import dev.interlock.shapes.LiteralFinder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Searches streams of bytes, one after the other, in constant memory. Each thread needs one of its own. */
final class CredentialScanner {

    /** The comment by which a person marks a line as reviewed. */
    static final String KNOWN = "interlock: not a secret";

    private static final int CHUNK = 1 << 20;

    /** The length of a line that is searched for the comment. */
    private static final int LINE = 1 << 10;

    private final List<CredentialKind> kinds;
    private final LiteralFinder sieve;
    private final int lead;
    private final int reach;
    private final byte[] buffer;

    CredentialScanner(List<CredentialKind> kinds, LiteralFinder sieve) {
        this.kinds = List.copyOf(kinds);
        this.sieve = sieve;
        // The patterns, and the search for the beginning of the line, need the text before a match.
        this.lead = kinds.stream().mapToInt(CredentialKind::lead).max().orElse(0) + 256;
        this.reach = kinds.stream().mapToInt(CredentialKind::reach).max().orElse(0);
        this.buffer = new byte[CHUNK + lead + reach];
    }

    private static final class StreamScan {
        private final IdentityHashMap<CredentialKind, Boolean> wanted = new IdentityHashMap<>();
        private final List<CredentialMatch> found = new ArrayList<>();
        private final Set<List<Object>> seen = new HashSet<>();
        private long base;
        private long line = 1;

        private int counted;
    }

    /** Returns every credential in {@code in}, in order. If two kinds match, the more specific one counts. */
    List<CredentialMatch> of(InputStream in, Path name) throws IOException {
        StreamScan reading = new StreamScan();
        int kept = 0;
        int length = 0;
        while (true) {
            int read = in.readNBytes(buffer, length, buffer.length - length);
            boolean last = length + read < buffer.length;
            length += read;
            int until = last ? length : length - reach;
            look(reading, name, kept, until, length);
            if (last) {
                return settled(reading.found);
            }
            int gone = until - lead;
            line(reading, gone);
            reading.counted = 0;
            reading.base += gone;
            System.arraycopy(buffer, gone, buffer, 0, length - gone);
            length -= gone;
            kept = lead;
        }
    }

    private void look(StreamScan reading, Path name, int from, int to, int end) {
        sieve.over(buffer, from, to, end, (at, mark) -> {
            for (CredentialKind kind : mark.kinds()) {
                if (reading.wanted.computeIfAbsent(kind, asked -> asked.isLookedForIn(name))) {
                    look(reading, kind, at, end);
                }
            }
        });
    }

    private void look(StreamScan reading, CredentialKind kind, int at, int end) {
        int from = Math.max(0, at - lead);
        int to = Math.min(end, at + kind.reach() + 2);
        String text = new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
        Optional<CredentialKind.SecretSpan> span = kind.around(text, at - from);
        if (span.isEmpty() || isKnown(from + span.get().from(), end)) {
            return;
        }
        long offset = reading.base + from + span.get().from();
        if (reading.seen.add(List.of(kind.id(), offset))) {
            reading.found.add(new CredentialMatch(
                    kind,
                    offset,
                    span.get().to() - span.get().from(),
                    line(reading, from + span.get().from()),
                    new Secret(text.substring(span.get().from(), span.get().to()))));
        }
    }

    private boolean isKnown(int at, int end) {
        int from = at;
        while (from > 0 && at - from < lead && buffer[from - 1] != '\n') {
            from--;
        }
        int to = at;
        while (to < end && to - at < LINE && buffer[to] != '\n') {
            to++;
        }
        return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1).contains(KNOWN);
    }

    /** It continues from the last one, so that few bytes are counted twice. */
    private long line(StreamScan reading, int at) {
        reading.line += newlines(reading.counted, at) - newlines(at, reading.counted);
        reading.counted = at;
        return reading.line;
    }

    private long newlines(int from, int to) {
        long lines = 0;
        for (int i = from; i < to; i++) {
            if (buffer[i] == '\n') {
                lines++;
            }
        }
        return lines;
    }

    private List<CredentialMatch> settled(List<CredentialMatch> found) {
        NavigableMap<Long, CredentialMatch> settled = new TreeMap<>();
        found.stream()
                .sorted(Comparator.comparingInt(sighting -> kinds.indexOf(sighting.kind())))
                .forEach(sighting -> settle(settled, sighting));
        return List.copyOf(settled.values());
    }

    private static void settle(NavigableMap<Long, CredentialMatch> settled, CredentialMatch sighting) {
        Map.Entry<Long, CredentialMatch> before = settled.lowerEntry(sighting.end());
        if (before == null || before.getValue().end() <= sighting.offset()) {
            settled.put(sighting.offset(), sighting);
        }
    }
}
