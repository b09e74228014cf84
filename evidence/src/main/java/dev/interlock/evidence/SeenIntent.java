package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What shows that witnesses have seen the intent of a call: the receipt, its leaf, and checkpoints that they cosigned.
 *
 * @param textKey what opens the sealed texts of the receipt
 */
public record SeenIntent(Receipt receipt, long index, List<WitnessedTree> trees, Optional<String> textKey) {

    /** How old an intent may be that opens a credential. */
    public static final Duration FRESH = IntentMeaning.COMING;

    /** A checkpoint that witnesses cosigned, and the path from the intent to its root. */
    public record WitnessedTree(Note checkpoint, List<Hash> path) {

        public WitnessedTree {
            path = List.copyOf(path);
        }

        static WitnessedTree read(Json json) {
            return StrictFields.read(
                    json,
                    fields -> new WitnessedTree(
                            Note.read(fields.text("checkpoint").getBytes(StandardCharsets.UTF_8)),
                            fields.texts("path").stream().map(Hash::ofBase64).toList()));
        }

        Json.Members json() {
            return Json.object()
                    .with("checkpoint", new String(checkpoint.write(), StandardCharsets.UTF_8))
                    .withTexts("path", path.stream().map(Hash::base64));
        }
    }

    public SeenIntent {
        trees = List.copyOf(trees);
    }

    public static SeenIntent read(Json.Members json) {
        return StrictFields.read(
                json,
                fields -> new SeenIntent(
                        Receipt.of(fields.object("intent")),
                        fields.count("index"),
                        fields.itemsIfAny("trees").stream()
                                .map(WitnessedTree::read)
                                .toList(),
                        fields.optionalText("text_key")));
    }

    /** Returns the same with what opens the texts of the intent, as far as {@code keys} have it. */
    public SeenIntent with(TextKeys keys) {
        return new SeenIntent(
                receipt, index, trees, SealedTexts.key(receipt, keys).map(Base64Text::write));
    }

    public Json.Members json() {
        return Json.object()
                .with("intent", receipt.json())
                .with("index", index)
                .withItems("trees", trees.stream().map(WitnessedTree::json))
                .withOptional("text_key", textKey);
    }

    /** Returns why the quorum of {@code rules} has not seen it, after {@code earliest} and before leaf {@code most}. */
    Optional<String> objection(WitnessRules rules, long most, Instant earliest) throws BadSignatureException {
        for (WitnessedTree tree : trees) {
            Checkpoint seen = Checkpoint.read(tree.checkpoint().text());
            new InclusionProof(index, seen.size(), tree.path()).verify(Hash.leaf(receipt.canonical()), seen.root());
        }
        List<Note> notes = trees.stream().map(WitnessedTree::checkpoint).toList();
        return rules.objection(notes, receipt.origin(), index, most, earliest);
    }

    /** Returns why it does not show that a quorum saw, in {@code log}, an intent of {@code members} that does this. */
    public Optional<String> objection(
            WitnessRules rules,
            String log,
            Map<String, String> members,
            Set<String> impacts,
            Set<String> environments) {
        try {
            Receipt open = textKey.map(key -> SealedTexts.open(receipt, Base64Text.read(key)))
                    .orElse(receipt);
            IntentMeaning meaning = IntentMeaning.of(open);
            boolean isOfCall = open.kind() == Receipt.Kind.INTENT
                    && meaning.impacts().equals(impacts)
                    && meaning.environments().equals(environments)
                    && members.entrySet().stream()
                            .allMatch(each -> open.members().text(each.getKey()).equals(each.getValue()));
            if (!isOfCall) {
                return Optional.of("the intent that they saw is of another call");
            }
            return receipt.origin().equals(log)
                    ? objection(rules, Checkpoint.MAX_SIZE, receipt.at().minus(FRESH))
                    : Optional.of("the intent that they saw is of log `" + ReceiptText.inert(receipt.origin())
                            + "`, and not of `" + log + "`");
        } catch (MalformedException | BadSignatureException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
