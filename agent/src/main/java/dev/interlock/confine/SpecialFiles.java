package dev.interlock.confine;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A kind of special file that an agent left, the number of such files, and some of them, those near the top first.
 * Starting, reading, copying or packing such a file does something else than it seems.
 */
public record SpecialFiles(SpecialFileKind kind, long count, List<SpecialFile> some) {

    /** Maximum listed files. Nobody would check more, and an agent can make names long. */
    static final int MOST = 20;

    public enum SpecialFileKind {
        SETUID("setuid", "it runs with its owner's rights"),
        SETGID("setgid", "it runs with its group's rights"),
        LINK("link", "it is a link to a path outside the workspace, so reads and writes happen there"),
        PIPE("pipe", "a program that reads it waits, and then gets its writer's data"),
        SOCKET("socket", "a connection to it reaches the program that listens"),
        DEVICE("device", "reads and writes go to the kernel's driver"),
        NAMES("names", "it has another name elsewhere (a hard link), so the file changed there too"),
        MORE_NAMES("more-names", "it has other names (hard links) outside the files that could be checked");

        private final String word;
        private final String why;

        SpecialFileKind(String word, String why) {
            this.word = word;
            this.why = why;
        }

        public String word() {
            return word;
        }

        public String why() {
            return why;
        }

        private static SpecialFileKind of(String word) {
            return Stream.of(values())
                    .filter(kind -> kind.word.equals(word))
                    .findFirst()
                    .orElseThrow(() -> new MalformedException("a kind of file is not known"));
        }
    }

    /**
     * A file that is no plain file.
     *
     * @param path relative to the workspace
     * @param to where it leads, if it is a link
     */
    public record SpecialFile(String path, Optional<String> to) {}

    public SpecialFiles {
        some = List.copyOf(some);
    }

    /** Returns them as files of {@code directory}, relative to the workspace. */
    SpecialFiles in(Path directory) {
        return new SpecialFiles(
                kind,
                count,
                some.stream()
                        .map(one ->
                                new SpecialFile(directory.resolve(one.path()).toString(), one.to()))
                        .toList());
    }

    Json json() {
        return Json.object()
                .with("kind", kind.word())
                .with("count", count)
                .withItems(
                        "some",
                        some.stream()
                                .map(one ->
                                        Json.object().with("path", one.path()).withOptional("to", one.to())));
    }

    static SpecialFiles read(Json.Members told) {
        return new SpecialFiles(
                SpecialFileKind.of(told.text("kind")),
                told.whole("count"),
                told.objects("some").stream()
                        .map(one -> new SpecialFile(one.text("path"), one.optionalText("to")))
                        .toList());
    }
}
