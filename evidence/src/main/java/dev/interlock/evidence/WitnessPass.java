package dev.interlock.evidence;

import java.time.Instant;
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

    /** Returns what is wrong with {@code receipt}, as far as witnesses are concerned; empty if nothing is. */
    Optional<String> accept(
            long leaf, Receipt receipt, Function<String, LogFinding> finding, Map<String, SealDocument> seals) {
        try {
            return switch (receipt.kind()) {
                case INTENT -> {
                    receipt.members()
                            .optionalText("seal")
                            .map(seals::get)
                            .flatMap(SealDocument::witnesses)
                            .filter(rules ->
                                    rules.concern(IntentMeaning.of(receipt).impacts()))
                            .ifPresent(rules -> unseen.put(receipt.id(), new WatchedIntent(leaf, rules)));
                    yield Optional.empty();
                }
                case ADMIN -> receipt.isAct(WitnessRules.ACT) ? act(leaf, receipt, finding) : Optional.empty();
                case OUTCOME -> outcome(receipt);
                case HELD, REFUSED -> Optional.empty();
            };
        } catch (MalformedException e) {
            return receipt.kind() == Receipt.Kind.INTENT // such an intent is no confirmed one either
                    ? Optional.empty()
                    : Optional.of("what witnesses saw cannot be read: " + e.getMessage());
        }
    }

    private Optional<String> act(long leaf, Receipt act, Function<String, LogFinding> finding) {
        List<Note> notes = act.seenTrees();
        notes.forEach(note -> trees.add(new SeenTree(Checkpoint.read(note.text()), finding)));
        String intent = act.members().text("intent");
        WatchedIntent watched = unseen.get(intent);
        Optional<String> objection = watched == null
                ? Optional.empty()
                : watched.rules().objection(notes, act.origin(), watched.leaf(), leaf, Instant.MIN);
        if (objection.isEmpty()) {
            unseen.remove(intent);
        }
        return objection;
    }

    private Optional<String> outcome(Receipt outcome) {
        WatchedIntent watched = unseen.remove(outcome.intent().orElseThrow());
        return watched == null || outcome.isUnsent()
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
