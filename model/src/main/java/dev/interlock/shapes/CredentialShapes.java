package dev.interlock.shapes;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds credentials that nobody has stored, by their form alone: only the kinds that are certain. Threading: immutable.
 */
public final class CredentialShapes {

    /** The longest text around one hit that is looked at, for each byte of the text: an agent chooses what hits. */
    private static final int WORK = 16;

    private static final int LEAST_WORK = 2 << 20;
    private static final byte STAR = '*';

    private final LiteralFinder literals;

    private CredentialShapes(List<CredentialKind> certain) {
        this.literals = new LiteralFinder(certain);
    }

    private static final class Known {
        private static final CredentialShapes SHAPES = new CredentialShapes(CredentialKinds.known().kinds().stream()
                .filter(CredentialKind::isCertain)
                .toList());
    }

    public static CredentialShapes known() {
        return Known.SHAPES;
    }

    private record ShapeMatch(String kind, int from, int to) {}

    public Set<String> find(byte[] text) {
        Set<String> kinds = new TreeSet<>();
        matches(text).forEach(match -> kinds.add(match.kind()));
        return kinds;
    }

    /**
     * Writes stars over the credentials in {@code text}.
     *
     * @param isWhole whether nothing follows; otherwise one at the end may go on, and stays
     */
    public void starOut(byte[] text, boolean isWhole) {
        matches(text).stream()
                .filter(match -> isWhole || match.to() < text.length)
                .forEach(match -> Arrays.fill(text, match.from(), match.to(), STAR));
    }

    public String starOut(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        starOut(bytes, true);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private List<ShapeMatch> matches(byte[] text) {
        List<ShapeMatch> matches = new ArrayList<>();
        long[] left = {Math.max(LEAST_WORK, (long) WORK * text.length)};
        literals.over(
                text,
                0,
                text.length,
                text.length,
                (at, hit) -> hit.kinds().forEach(kind -> {
                    int from = Math.max(0, at - kind.lead() - 1);
                    int to = Math.min(text.length, at + kind.reach() + 2);
                    left[0] -= to - from;
                    if (left[0] < 0) { // so many hits are no text that somebody needs
                        matches.add(
                                new ShapeMatch(kind.id(), at, at + hit.literal().length()));
                        return;
                    }
                    String window = new String(text, from, to - from, StandardCharsets.ISO_8859_1);
                    kind.around(window, at - from)
                            .ifPresent(span ->
                                    matches.add(new ShapeMatch(kind.id(), from + span.from(), from + span.to())));
                }));
        return matches;
    }
}
