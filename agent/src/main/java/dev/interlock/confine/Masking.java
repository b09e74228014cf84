package dev.interlock.confine;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Finds what of a workspace an agent is not to see as it is. */
@FunctionalInterface
public interface Masking {

    /**
     * What is to be seen instead.
     *
     * @param copies by file
     * @param decoys what stands in them where credentials stood
     */
    record Masked(Map<Path, Bytes> copies, List<Secret> decoys) {
        public Masked {
            copies = Collections.unmodifiableMap(new TreeMap<>(copies));
            decoys = List.copyOf(decoys);
        }
    }

    /** Of one that leaves all as it is. */
    Masking NONE = _ -> new Masked(Map.of(), List.of());

    /** What to lay over files of {@code workspace}, which has no link in it. */
    Masked over(Path workspace) throws IOException, InterruptedException;
}
