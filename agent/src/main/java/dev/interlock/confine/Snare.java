package dev.interlock.confine;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One kind of what an agent left that is no plain file: whoever starts, reads, copies or packs it does something else
 * than it looks like.
 *
 * @param count how many there are
 * @param some the first of them, those near the top before others
 */
public record Snare(Kind kind, long count, List<Found> some) {

    /** More would be looked at by nobody, and names are long where somebody wants them to be. */
    static final int MOST = 20;

    /** What it is. */
    public enum Kind {
        SETUID("setuid", "whoever starts it does so as its owner"),
        SETGID("setgid", "whoever starts it does so in its group"),
        LINK("link", "it leads out of the workspace, and whoever reads or writes it does so there"),
        PIPE("pipe", "whoever reads it waits, and gets what its writer says then"),
        SOCKET("socket", "whoever connects to it talks to whoever listens"),
        DEVICE("device", "whoever reads or writes it does so to the kernel's driver"),
        NAMES("names", "it has a further name elsewhere (a hard link), where it has changed as well"),
        MORE_NAMES("more-names", "it has further names (hard links) that were not met in what could be looked at");

        private final String word;
        private final String why;

        Kind(String word, String why) {
            this.word = word;
            this.why = why;
        }

        /** As programs are told. */
        public String word() {
            return word;
        }

        /** What comes of it, as a clause. */
        public String why() {
            return why;
        }

        private static Kind of(String word) {
            return Stream.of(values())
                    .filter(kind -> kind.word.equals(word))
                    .findFirst()
                    .orElseThrow(() -> new MalformedException("a kind of file is not known"));
        }
    }

    /**
     * One of them.
     *
     * @param path seen from the workspace
     * @param to where it leads, if it is a link
     */
    public record Found(String path, Optional<String> to) {}

    public Snare {
        some = List.copyOf(some);
    }

    Json json() {
        return Json.object()
                .with("kind", kind.word())
                .with("count", count)
                .with(
                        "some",
                        new Json.Array(some.stream()
                                .<Json>map(one ->
                                        Json.object().with("path", one.path()).withOptional("to", one.to()))
                                .toList()));
    }

    static Snare read(Json.Members told) {
        return new Snare(
                Kind.of(told.text("kind")),
                told.whole("count"),
                told.objects("some").stream()
                        .map(one -> new Found(one.text("path"), one.optionalText("to")))
                        .toList());
    }
}
