package dev.interlock.vault;

import dev.interlock.action.Seal.CredentialSlot;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A seal that the vault has verified and read by itself.
 *
 * @param taken the agents whose leases the seal lets certain users of the machine take
 * @param classified the operations that no catalog knows, and that need no approval although they may be grave
 * @param exempt what needs no approval although it is grave, each an operation in one environment
 */
record VerifiedSeal(
        SealDocument document,
        Map<String, SealedUpstream> upstreams,
        Set<String> taken,
        Set<String> classified,
        Set<String> exempt) {

    VerifiedSeal {
        classified = Set.copyOf(classified);
        exempt = Set.copyOf(exempt);
        taken = Set.copyOf(taken);
        upstreams = Collections.unmodifiableMap(new TreeMap<>(upstreams));
    }

    static VerifiedSeal open(byte[] envelope, Vault.PinnedSealKeys pins) throws BadSignatureException {
        byte[] payload = Envelope.read(envelope)
                .verify(SealDocument.PAYLOAD_TYPE, SealDocument.NAMESPACE, pins.keys(), pins.quorum())
                .payload();
        Json.Members json = Json.readObject(payload);
        Map<String, SealedUpstream> upstreams = new TreeMap<>();
        json.object("upstreams").members().forEach((name, value) -> upstreams.put(name, upstream(json, name, value)));
        return new VerifiedSeal(
                SealDocument.read(payload),
                upstreams,
                taken(json),
                json.optionalObject("classify")
                        .map(named -> named.members().keySet())
                        .orElse(Set.of()),
                Set.copyOf(json.optionalObject("approvals")
                        .map(rules -> rules.texts("without_approval"))
                        .orElse(List.of())));
    }

    /**
     * Returns whether any of {@code grave}, operations that run code or cannot be undone, needs people's approval in
     * any of {@code environments}.
     */
    boolean needsProof(Set<String> grave, Set<String> environments) {
        return !grave.stream()
                .allMatch(operation -> classified.contains(operation)
                        || (!environments.isEmpty()
                                && environments.stream().allMatch(name -> exempt.contains(operation + " in " + name))));
    }

    private static Set<String> taken(Json.Members seal) {
        Set<String> taken = new TreeSet<>();
        if (seal.get("agents").isPresent()) {
            seal.object("agents").members().forEach((agent, value) -> {
                if (value instanceof Json.Members members
                        && members.get("users").isPresent()
                        && !members.texts("users").isEmpty()) {
                    taken.add(agent);
                }
            });
        }
        return taken;
    }

    boolean namesUsers(String agent) {
        return taken.contains(agent);
    }

    private static SealedUpstream upstream(Json.Members seal, String name, Json value) {
        if (value instanceof Json.Members upstream) {
            return SealedUpstream.read(
                    name, upstream, seal.object("environments").members().keySet());
        }
        throw new MalformedException("an upstream of the seal is not an object");
    }

    String id() {
        return document.id();
    }

    Store store(CredentialSlot slot) {
        return Store.of(slot.impacts(), slot.environments(), document.protectedEnvironments());
    }

    Optional<String> upstreamOf(String slot) {
        return upstreams.values().stream()
                .filter(upstream ->
                        upstream.slots().stream().anyMatch(s -> s.name().equals(slot)))
                .map(SealedUpstream::name)
                .findFirst();
    }
}
