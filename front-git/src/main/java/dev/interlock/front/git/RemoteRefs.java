package dev.interlock.front.git;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The branches and tags of a repository, with the object of each, and those that stand for another one, with its name.
 */
record RemoteRefs(Map<String, String> ids, Map<String, String> symbolic) {

    private static final int MAX_REFS = 100_000;

    private static final String HEAD = "HEAD";
    private static final String TARGET = "symref-target:";

    /** Returns the packets that ask for them (gitprotocol-v2(5), {@code ls-refs}). */
    static byte[] question() {
        return new PacketWriter()
                .line("command=ls-refs\n")
                .delimiter()
                .line("symrefs\n")
                .line("ref-prefix HEAD\n")
                .line("ref-prefix refs/heads/\n")
                .line("ref-prefix refs/tags/\n")
                .flush()
                .bytes();
    }

    static RemoteRefs read(InputStream in) throws IOException {
        PacketReader packets = new PacketReader(in);
        Map<String, String> ids = new TreeMap<>();
        Map<String, String> symbolic = new HashMap<>();
        for (var data = packets.nextInList(); data.isPresent(); data = packets.nextInList()) {
            String[] words = data.get().line().split(" ", -1);
            if (words.length < 2 || ids.size() >= MAX_REFS) {
                throw new IOException("the upstream's list of refs is too long, or no such list");
            }
            if (words[0].matches("[0-9a-f]{40}")) { // or `unborn`
                ids.put(words[1], words[0]);
            }
            for (int i = 2; i < words.length; i++) {
                if (words[i].startsWith(TARGET)) {
                    symbolic.put(words[1], words[i].substring(TARGET.length()));
                }
            }
        }
        ids.remove(HEAD);
        return new RemoteRefs(ids, symbolic);
    }

    RemoteRefs without(Set<String> names) {
        Map<String, String> left = new TreeMap<>(ids);
        left.keySet().removeAll(names);
        return new RemoteRefs(left, symbolic);
    }

    /** Returns the branch that a clone checks out. */
    Optional<String> defaultBranch() {
        return Optional.ofNullable(symbolic.get(HEAD));
    }

    /** Returns whether {@code ref} stands for another one. A push to it moves that. */
    boolean isSymbolic(String ref) {
        return symbolic.containsKey(ref);
    }
}
