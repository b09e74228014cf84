package dev.interlock.action;

import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Converts a seal to the part of it that signatures are checked with. */
public final class SealConversion {

    private SealConversion() {}

    /**
     * Returns the people of {@code seal} and their keys; throws {@link dev.interlock.evidence.MalformedException} if it
     * has a key that is not accepted.
     */
    public static SealDocument of(Seal seal) {
        Map<String, SealDocument.Signatory> people = new TreeMap<>();
        seal.people()
                .forEach((name, person) -> people.put(
                        name,
                        new SealDocument.Signatory(
                                name,
                                person.groups(),
                                person.keys().stream().map(SshPublicKey::parse).toList())));
        return new SealDocument(
                seal.id(),
                seal.sequence(),
                seal.expires(),
                people,
                seal.softwareKeys(),
                new SealDocument.SealedPasskeyRules(
                        seal.passkeys().firstByCode(),
                        seal.passkeys().recovery().map(Obligations.Quorum::toString)),
                environments(seal, Seal.Environment::isProtected),
                environments(seal, Seal.Environment::isReadable),
                seal.backups().evidence(),
                credentials(seal),
                seal.approvals().grants(),
                seal.witnesses());
    }

    private static Set<String> environments(Seal seal, Predicate<Seal.Environment> which) {
        return seal.environments().values().stream()
                .filter(which)
                .map(Seal.Environment::name)
                .collect(Collectors.toSet());
    }

    /** Returns the names of all credentials, by the provider that they reach. */
    public static Map<String, Set<String>> credentials(Seal seal) {
        Map<String, Set<String>> credentials = new TreeMap<>();
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            Set<String> names = credentials.computeIfAbsent(upstream.catalog(), _ -> new TreeSet<>());
            upstream.credentials().forEach(slot -> names.add(slot.name()));
            upstream.resolver().ifPresent(names::add);
        }
        return credentials;
    }
}
