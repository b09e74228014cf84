package dev.interlock.evidence;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a seal demands of witnesses: before a call with one of {@code impacts} is sent, {@code quorum} of {@code keys}
 * have cosigned a checkpoint that covers its intent.
 */
public record WitnessRules(Set<String> keys, int quorum, Set<String> impacts) {

    /** The act of a gateway by which it records that witnesses saw an intent. */
    public static final String ACT = "call.witnessed";

    /** The member of that act that holds the cosigned checkpoints, and the one of the intent with the quorum. */
    public static final String CHECKPOINTS = "checkpoints";

    public static final String DEMAND = "witnesses";

    private static final int MOST = 8; // a note holds 16 signatures
    private static final Set<String> IMPACTS = Set.of("write", "destroy", "credential", "privilege", "execute");

    public WitnessRules {
        keys = Collections.unmodifiableSet(new TreeSet<>(keys));
        impacts = Collections.unmodifiableSet(new TreeSet<>(impacts));
        // One key under two names would be two witnesses.
        Set<String> distinct =
                keys.stream().map(key -> WitnessKey.parse(key).withoutName()).collect(Collectors.toSet());
        if (keys.isEmpty() || keys.size() > MOST || distinct.size() < keys.size()) {
            throw new MalformedException("`keys` names 1 to " + MOST + " witnesses, each of another key");
        }
        if (quorum < 1 || quorum > keys.size()) {
            throw new MalformedException("`quorum` is from 1 to the number of `keys`");
        }
        if (impacts.isEmpty() || !IMPACTS.containsAll(impacts)) {
            throw new MalformedException("`for` names some of " + String.join(", ", new TreeSet<>(IMPACTS)));
        }
    }

    static WitnessRules read(StrictFields fields) {
        return new WitnessRules(
                Set.copyOf(fields.texts("keys")),
                (int) Math.min(fields.count("quorum"), Integer.MAX_VALUE),
                Set.copyOf(fields.texts("impacts")));
    }

    /** Returns whether witnesses must have seen a call with {@code words}; an unknown impact may be any. */
    public boolean concern(Collection<String> words) {
        return words.stream().anyMatch(word -> impacts.contains(word) || word.equals("unknown"));
    }

    /** Returns the names of those whose key is not in {@code known}. */
    public Set<String> without(Collection<String> known) {
        return keys.stream()
                .filter(key -> !known.contains(key))
                .map(key -> WitnessKey.parse(key).name())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Returns why {@code notes} of log {@code origin} do not show that a quorum saw the leaf {@code intent} while there
     * were at most {@code most} leaves, and by their own clocks not before {@code earliest}; empty if they do.
     */
    public Optional<String> objection(Collection<Note> notes, String origin, long intent, long most, Instant earliest) {
        Set<String> seen = new TreeSet<>();
        Set<String> early = new TreeSet<>();
        try {
            for (Note note : notes) {
                Checkpoint tree = Checkpoint.read(note.text());
                boolean isCovering = tree.size() > intent && tree.size() <= most;
                for (String key : isCovering && tree.origin().equals(origin) ? keys : Set.<String>of()) {
                    WitnessKey.parse(key).sawAt(note).ifPresent(at -> (at.isBefore(earliest) ? early : seen).add(key));
                }
            }
        } catch (BadSignatureException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
        return seen.size() >= quorum
                ? Optional.empty()
                : Optional.of(seen.size() + " of the seal's " + keys.size()
                        + " witnesses saw it before it was sent, and " + quorum + " must"
                        + (early.isEmpty()
                                ? ""
                                : "; the clocks of " + early.size() + " say that they saw it too early"));
    }

    /** Returns how this is less strict than {@code before}, each point in a sentence without a full stop. */
    public static List<String> looser(Optional<WitnessRules> now, Optional<WitnessRules> before) {
        if (before.isEmpty() || now.isEmpty()) {
            return before.isPresent() ? List.of("no witness need see a call before it is sent") : List.of();
        }
        WitnessRules old = before.get();
        List<String> looser = new ArrayList<>();
        Set<String> unseen = new TreeSet<>(old.impacts);
        unseen.removeAll(now.get().impacts);
        if (!unseen.isEmpty()) {
            looser.add("no witness need see a call that can only " + String.join(" or ", unseen));
        }
        if (now.get().quorum < old.quorum) {
            looser.add("only " + now.get().quorum + " witnesses must see a call, and not " + old.quorum);
        }
        now.get().without(old.keys).forEach(name -> looser.add("the witness `" + name + "` counts too"));
        return looser;
    }
}
