package dev.interlock.confirm;

import dev.interlock.action.Seal;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** From the seal that rooms share to the part of it that signatures are checked with. */
final class Signatories {

    private Signatories() {}

    static SealDocument of(Seal seal) {
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
                seal.environments().values().stream()
                        .filter(Seal.Environment::isProtected)
                        .map(Seal.Environment::name)
                        .collect(Collectors.toSet()));
    }
}
