package dev.interlock.confine;

import dev.interlock.action.Bytes;
import dev.interlock.action.MaskedCredential;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Finds the files of a workspace that an agent is to see in a different form. */
@FunctionalInterface
public interface Masking {

    /**
     * The files that an agent sees changed.
     *
     * @param copies the content that is seen, by file
     * @param decoys the values in them in place of credentials
     */
    record MaskedFiles(Map<Path, Bytes> copies, List<MaskedCredential> decoys) {
        public MaskedFiles {
            copies = Collections.unmodifiableMap(new TreeMap<>(copies));
            decoys = List.copyOf(decoys);
        }

        /** Returns those of certain files. */
        MaskedFiles of(Predicate<Path> which) {
            Map<Path, Bytes> some = new TreeMap<>(copies);
            some.keySet().removeIf(which.negate());
            return new MaskedFiles(some, decoys);
        }

        MaskedFiles and(MaskedFiles more) {
            Map<Path, Bytes> all = new TreeMap<>(copies);
            all.putAll(more.copies);
            return new MaskedFiles(
                    all, Stream.concat(decoys.stream(), more.decoys.stream()).toList());
        }
    }

    Masking NONE = _ -> new MaskedFiles(Map.of(), List.of());

    /** Returns the replacements for files of {@code workspace}, which has no link in it. */
    MaskedFiles maskFiles(Path workspace) throws IOException, InterruptedException;

    /** Returns the same for {@code directories} of the system, which the agent can only read. */
    default MaskedFiles maskSettings(List<Path> directories) throws IOException, InterruptedException {
        MaskedFiles all = new MaskedFiles(Map.of(), List.of());
        for (Path directory : directories) {
            all = all.and(maskFiles(directory));
        }
        return all;
    }
}
