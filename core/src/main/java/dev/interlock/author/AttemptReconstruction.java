package dev.interlock.author;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.Elevation;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import dev.interlock.policy.FormattedText;
import dev.interlock.policy.PolicyAnalysis;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Rebuilds past attempts from their receipts. A receipt names its lease, and the elevation that it used, if any. Their
 * scope is in their own receipts. A rebuilt attempt is accepted only if its meaning has the digest in the receipt.
 * Otherwise the attempt is reported as lost, with the reason.
 */
public final class AttemptReconstruction {

    public sealed interface ReconstructionResult {

        /**
         * An attempt that was decided.
         *
         * @param seal the id of the seal that was in force
         * @param resolved the attempt; receipts do not record the groups of its resources
         * @param narrowed whether the lease was narrowed to resources of which only the groups might cover the attempt
         */
        record ReconstructedAttempt(
                String receipt,
                Instant at,
                String seal,
                ResolvedAttempt resolved,
                boolean narrowed,
                Json.Members members)
                implements ReconstructionResult {

            /** Why such an attempt cannot be decided anew, as a whole sentence. */
            public static final String SALTED =
                    "A policy compares a text of the request, and receipts keep only a fingerprint (a salted digest) of that text.";

            /** Returns the attempt with the texts of its digests, as far as {@code texts} has them. */
            public ReconstructedAttempt with(KeptTexts texts) {
                ResolvedAttempt whole = resolved.with(resolved.actions().stream()
                        .map(action -> action.withFacts(action.facts().stream()
                                .map(fact -> whole(fact, texts))
                                .toList()))
                        .toList());
                return new ReconstructedAttempt(receipt, at, seal, whole, narrowed, members);
            }

            /** Returns whether {@code policies} read a text of which the receipt has only a digest. */
            public boolean isSaltedFor(PolicyAnalysis policies) {
                List<Fact> digests = resolved.actions().stream()
                        .flatMap(action -> action.facts().stream())
                        .filter(fact -> SaltedText.isDigest(fact.value()))
                        .toList();
                if (digests.isEmpty()) {
                    return false;
                }
                Set<String> read = policies.argumentsRead(resolved);
                return digests.stream()
                        .anyMatch(fact -> fact.readAs().filter(read::contains).isPresent());
            }
        }

        /** An attempt that cannot be rebuilt. */
        record LostAttempt(String receipt, String why) implements ReconstructionResult {}

        /**
         * A receipt without an attempt that policy decided: an outcome, an administrative act, a call that was not
         * understood.
         */
        record OtherReceipt(String receipt) implements ReconstructionResult {}
    }

    private static final Set<String> ATTEMPTS = Set.of("intent", "held", "refused");
    private final Map<String, Json.Members> leases = new HashMap<>();
    private final Map<String, Json.Members> elevations = new HashMap<>();

    /** Collects the leases and elevations that {@code receipts} record. */
    public AttemptReconstruction(Iterable<Json.Members> receipts) {
        for (Json.Members receipt : receipts) {
            boolean covers = receipt.text("kind").equals("admin")
                    && receipt.get("environments").isPresent()
                    && receipt.get("impacts").isPresent();
            if (covers && receipt.get("issued").isPresent()) {
                receipt.optionalText("lease").ifPresent(id -> leases.putIfAbsent(id, receipt));
            } else if (covers && receipt.get("until").isPresent()) {
                receipt.optionalText("hold").ifPresent(hold -> elevations.putIfAbsent(hold, receipt));
            }
        }
    }

    public ReconstructionResult reconstruct(Json.Members receipt) {
        String id = receipt.text("id");
        if (!ATTEMPTS.contains(receipt.text("kind"))
                || receipt.optionalText("lease").isEmpty()
                || receipt.optionalText("seal").isEmpty()
                || receipt.optionalText("meaning_sha256").isEmpty()) { // rejected before anything was decided
            return new ReconstructionResult.OtherReceipt(id);
        }
        if (receipt.get("actions_omitted").isPresent()) {
            return new ReconstructionResult.LostAttempt(id, "It acted on more than fits into a receipt.");
        }
        Json.Members issue = leases.get(receipt.text("lease"));
        if (issue == null) {
            return new ReconstructionResult.LostAttempt(
                    id,
                    "The scope of its lease is not known: the receipts at hand begin after `" + receipt.text("lease")
                            + "` was issued.");
        }
        Optional<String> hold = receipt.optionalText("elevation");
        Optional<Json.Members> elevation = hold.map(elevations::get);
        if (hold.isPresent() && elevation.isEmpty()) {
            return new ReconstructionResult.LostAttempt(
                    id,
                    "The scope of its lease is not known: the receipts at hand begin after it was widened by `"
                            + hold.get() + "`.");
        }
        try {
            Lease own = lease(receipt, issue);
            ResolvedAttempt sensed =
                    sensed(receipt, elevation.map(given -> elevated(own, given)).orElse(own));
            if (!sensed.meaningDigest().equals(receipt.text("meaning_sha256"))) {
                return new ReconstructionResult.LostAttempt(
                        id,
                        "What its receipt keeps does not match the fingerprint (digest) in the same receipt, so it is not believed.");
            }
            return new ReconstructionResult.ReconstructedAttempt(
                    id, Instant.parse(receipt.text("at")), receipt.text("seal"), sensed, narrowed(sensed), receipt);
        } catch (IllegalArgumentException | DateTimeException e) {
            return new ReconstructionResult.LostAttempt(
                    id, "It cannot be read: " + FormattedText.message(String.valueOf(e.getMessage())) + ".");
        }
    }

    /** Returns {@code fact} with its text, if it has a digest and {@code texts} has the text. */
    static Fact whole(Fact fact, KeptTexts texts) {
        return SaltedText.isDigest(fact.value())
                ? texts.find(fact.value())
                        .map(text -> new Fact(fact.name(), text, fact.provenance()))
                        .orElse(fact)
                : fact;
    }

    private static boolean narrowed(ResolvedAttempt sensed) {
        Set<Resource> named = sensed.lease().resources();
        return !named.isEmpty() && !named.containsAll(sensed.placements().keySet());
    }

    private static ResolvedAttempt sensed(Json.Members receipt, Lease lease) {
        Json.Members meaning = receipt.get("actions").isPresent()
                ? receipt
                : receipt.object("confirmation").object("statement").object("meaning");
        Map<Resource, Placement> placements = new TreeMap<>();
        List<Action> actions = new ArrayList<>();
        for (Json.Members action : meaning.objects("actions")) {
            actions.add(action(action, placements));
        }
        HttpCall call = new HttpCall("POST", "past", "/", List.of(), List.of(), Bytes.empty());
        Attempt attempt = new Attempt(
                receipt.text("upstream"), List.of(), Optional.empty(), call, Instant.parse(receipt.text("at")));
        return new ResolvedAttempt(
                attempt, lease, actions, placements, radius(meaning.object("radius")), call, SaltedDigests.OPEN);
    }

    static Map<Resource, Placement> placements(Json.Members meaning) {
        Map<Resource, Placement> placements = new TreeMap<>();
        meaning.objects("actions").forEach(action -> action(action, placements));
        return placements;
    }

    static Action action(Json.Members action, Map<Resource, Placement> placements) {
        Set<Resource> touched = new TreeSet<>();
        for (Json.Members place : action.objects("resources")) {
            Resource resource = Resource.parse(place.text("id"));
            touched.add(resource);
            placements.put(
                    resource,
                    new Placement(
                            resource,
                            new TreeSet<>(place.texts("environments")),
                            Set.of(),
                            provenance(place),
                            place.flag("known")));
        }
        List<Fact> facts = new ArrayList<>();
        action.objects("facts")
                .forEach(fact -> facts.add(new Fact(fact.text("name"), fact.text("value"), provenance(fact))));
        return new Action(
                Operation.parse(action.text("operation")),
                impacts(action),
                Reversibility.valueOf(action.text("reversibility").toUpperCase(Locale.ROOT)),
                touched,
                facts);
    }

    static BlastRadius radius(Json.Members radius) {
        Map<Resource, Set<String>> alsoIn = new TreeMap<>();
        Json.Members wider = radius.optionalObject("also_in").orElseGet(Json::object);
        wider.members().keySet().forEach(id -> alsoIn.put(Resource.parse(id), new TreeSet<>(wider.texts(id))));
        return new BlastRadius(
                new TreeSet<>(radius.texts("environments")),
                resources(radius.texts("lost")),
                backups(radius, "lost_backups"),
                backups(radius, "survivors"),
                radius.texts("notes"),
                texts(radius, "names"),
                texts(radius, "titles"),
                alsoIn);
    }

    private static Map<Resource, String> texts(Json.Members radius, String member) {
        Map<Resource, String> texts = new TreeMap<>();
        Json.Members some = radius.optionalObject(member).orElseGet(Json::object);
        some.members().keySet().forEach(id -> texts.put(Resource.parse(id), some.text(id)));
        return texts;
    }

    private static Set<Resource> resources(List<String> ids) {
        Set<Resource> resources = new TreeSet<>();
        ids.forEach(id -> resources.add(Resource.parse(id)));
        return resources;
    }

    private static List<Backup> backups(Json.Members radius, String name) {
        return radius.objects(name).stream()
                .map(backup -> new Backup(
                        backup.text("id"),
                        Resource.parse(backup.text("of")),
                        Instant.parse(backup.text("taken_at")),
                        backup.text("domain"),
                        provenance(backup),
                        backup.optionalText("restored_at").map(Instant::parse),
                        backup.optionalObject("attestation")
                                .map(said -> new Backup.Attestation(
                                        said, backup.text("signature"), resources(backup.texts("covers"))))))
                .toList();
    }

    private static Lease lease(Json.Members receipt, Json.Members issue) {
        return new Lease(
                issue.text("lease"),
                issue.optionalText("root").orElse(issue.text("lease")),
                receipt.text("agent"),
                receipt.text("person"),
                LeaseSigners.NOBODY,
                receipt.text("task"),
                issue.optionalText("template"),
                new HashSet<>(issue.texts("environments")),
                impacts(issue),
                resources(issue.texts("resources")),
                Optional.empty(),
                Instant.parse(issue.text("issued")),
                Instant.parse(issue.text("expires")));
    }

    private static Lease elevated(Lease lease, Json.Members given) {
        return Elevation.of(given).of(lease, Instant.parse(given.text("until")));
    }

    private static Set<Impact> impacts(Json.Members holder) {
        Set<Impact> impacts = new TreeSet<>();
        holder.texts("impacts").forEach(word -> impacts.add(Impact.of(word)));
        return impacts;
    }

    private static Provenance provenance(Json.Members holder) {
        return Provenance.valueOf(holder.text("provenance").toUpperCase(Locale.ROOT));
    }
}
