package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Checks, in the order of the receipts, that the witnesses whom a seal names had seen each intent of a call before the
 * call was sent.
 */
final class WitnessPass {

    /** An intent that witnesses must see, at a leaf. */
    private record WatchedIntent(long leaf, WitnessRules rules) {}

    /** A tree that a receipt says witnesses saw; the log must lead to its root. */
    private record SeenTree(Checkpoint tree, Function<String, LogFinding> finding) {}

    private final Map<String, WatchedIntent> unseen = new HashMap<>();
    private final List<SeenTree> trees = new ArrayList<>();

    void intent(long leaf, Receipt intent, Optional<SealDocument> seal) {
        seal.flatMap(SealDocument::witnesses)
                .filter(rules -> rules.concern(IntentMeaning.of(intent).impacts()))
                .ifPresent(rules -> unseen.put(intent.id(), new WatchedIntent(leaf, rules)));
    }

    /** Returns what is wrong with the act at {@code leaf}; empty if nothing is, or it is about no witness. */
    Optional<String> act(long leaf, Receipt act, Function<String, LogFinding> finding) {
        if (!act.isAct(WitnessRules.ACT)) {
            return Optional.empty();
        }
        try {
            List<Note> notes = act.seenTrees();
            for (Note note : notes) {
                trees.add(new SeenTree(Checkpoint.read(note.text()), finding));
            }
            String intent = act.members().text("intent");
            WatchedIntent watched = unseen.get(intent);
            Optional<String> objection = watched == null
                    ? Optional.empty()
                    : watched.rules().objection(notes, act.origin(), watched.leaf(), leaf);
            if (objection.isEmpty()) {
                unseen.remove(intent);
            }
            return objection;
        } catch (MalformedException e) {
            return Optional.of("what witnesses saw cannot be read: " + e.getMessage());
        }
    }

    /** Returns what is wrong with an outcome: that the call was sent, and too few witnesses had seen its intent. */
    Optional<String> outcome(String intent, Receipt outcome) {
        WatchedIntent watched = unseen.remove(intent);
        return watched == null || outcome.result().equals(Optional.of(Receipt.Result.REFUSED))
                ? Optional.empty()
                : Optional.of("no receipt shows that " + watched.rules().quorum()
                        + " of the seal's witnesses saw its intent before it was sent");
    }

    /** Compares what witnesses saw, as the receipts tell it, with {@code log}, whose tiles lead to its signed root. */
    void compare(StaticLog log, Consumer<LogFinding> problems) {
        trees.stream()
                .filter(seen -> seen.tree().size() <= log.checkpoint().size()
                        && !log.rootAt(seen.tree().size()).equals(seen.tree().root()))
                .map(seen -> seen.finding().apply("the witnesses saw another history than this log"))
                .forEach(problems);
    }
}
