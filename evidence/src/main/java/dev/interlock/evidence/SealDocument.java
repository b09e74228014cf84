package dev.interlock.evidence;

import java.time.Instant;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The part of a seal that a verifier of confirmations needs: who counts, with which keys, in which groups. The rest of
 * the payload is policy; the verifier cannot judge it and does not read it.
 *
 * @param id the SHA-256 of the payload, lower-case hexadecimal
 * @param sequence grows with every seal
 * @param expires when it ceases to be valid
 * @param people by name
 * @param softwareKeys whether a signature by a key without hardware counts
 * @param passkeys the rules for keys that the seal does not name
 * @param protectedEnvironments those in which destruction needs a confirmation
 * @param readableEnvironments those in which every lease may read
 * @param backups who may attest backups, and the plans
 * @param credentials by provider, the names of all that reach it: any of them may be able to delete what lies there
 */
public record SealDocument(
        String id,
        long sequence,
        Instant expires,
        Map<String, Signatory> people,
        boolean softwareKeys,
        SealedPasskeyRules passkeys,
        Set<String> protectedEnvironments,
        Set<String> readableEnvironments,
        AttestationRules backups,
        Map<String, Set<String>> credentials) {

    /** The DSSE payload type of a seal. */
    public static final String PAYLOAD_TYPE = "application/vnd.interlock.seal.v1+json";

    /** The SSHSIG namespace for seals, and nothing else. */
    public static final String NAMESPACE = "interlock-seal@v1";

    /** The group whose members may widen any lease, lift kills and freezes, and review. */
    public static final String OWNERS = "owners";

    private static final String TYPE = "interlock-seal@v1";

    /**
     * A person who may sign.
     *
     * @param name as in the seal
     * @param groups the groups whose quorums count them
     * @param keys theirs alone
     */
    public record Signatory(String name, Set<String> groups, List<SshPublicKey> keys) {
        public Signatory {
            groups = Collections.unmodifiableSet(new TreeSet<>(groups));
            keys = List.copyOf(keys);
        }
    }

    /**
     * The seal's rules for backups that Interlock takes.
     *
     * @param attesters the keys that may attest that a backup was restored
     * @param plans by name
     */
    public record AttestationRules(Set<SshPublicKey> attesters, Map<String, SealedPlan> plans) {

        /** Rules without attesters or plans. */
        public static final AttestationRules NONE = new AttestationRules(Set.of(), Map.of());

        public AttestationRules {
            attesters = Set.copyOf(attesters);
            plans = Collections.unmodifiableMap(new TreeMap<>(plans));
        }

        /**
         * Returns the plan that {@code name} is a copy of, or {@code name} itself. Of all plans in a group, one is
         * enough.
         */
        String group(String name) {
            return Optional.ofNullable(plans.get(name))
                    .flatMap(SealedPlan::copyOf)
                    .orElse(name);
        }

        /** Returns the plans that save one of {@code saved}, by {@link #group}. The caller may change the map. */
        Map<String, Set<String>> groups(Set<String> saved) {
            Map<String, Set<String>> groups = new TreeMap<>();
            plans.forEach((name, plan) -> {
                if (saved.contains(plan.of())) {
                    groups.computeIfAbsent(group(name), _ -> new TreeSet<>()).add(name);
                }
            });
            return groups;
        }

        /**
         * @throws MalformedException if a plan is a copy of something that the seal does not save, or of another copy
         */
        private void requireCopies() {
            plans.forEach((name, plan) -> plan.copyOf().ifPresent(of -> {
                SealedPlan first = plans.get(of);
                if (first == null || first.copyOf().isPresent() || !first.of().equals(plan.of())) {
                    throw new MalformedException("`" + name + "` is not a copy of a plan of `" + plan.of() + "`");
                }
            }));
        }
    }

    /**
     * A plan of backups.
     *
     * @param of the resource that they bring back
     * @param domain the failure domain that they lie in
     * @param deletableBy the names of all credentials that can delete them; empty if the seal does not say
     * @param copyOf the plan that saves the same, so that one of both is enough; empty if no other plan does
     */
    public record SealedPlan(String of, String domain, Optional<Set<String>> deletableBy, Optional<String> copyOf) {}

    /** Returns the same document with no credential that reaches any backup. */
    SealDocument withoutCustody() {
        Map<String, SealedPlan> plans = new TreeMap<>();
        backups.plans()
                .forEach((name, plan) -> plans.put(
                        name, new SealedPlan(plan.of(), plan.domain(), Optional.of(Set.of()), plan.copyOf())));
        return new SealDocument(
                id,
                sequence,
                expires,
                people,
                softwareKeys,
                passkeys,
                protectedEnvironments,
                readableEnvironments,
                new AttestationRules(backups.attesters(), plans),
                Map.of());
    }

    /** Returns which credentials could delete the backups of {@code plan} together with their source. */
    BackupCustody custody(SealedPlan plan) {
        return BackupCustody.of(credentials, plan.of(), plan.domain(), plan.deletableBy());
    }

    /**
     * The rules for passkeys. In any case a person may endorse a further key with one that they have.
     *
     * @param firstByCode whether a one-time code of the gateway is enough for a first one
     * @param recovery the quorum of others that may endorse a key, as {@code 2 of owners}
     */
    public record SealedPasskeyRules(boolean firstByCode, Optional<String> recovery) {

        private static final String CODE = "code";

        /** @throws MalformedException if the quorum is not written as one */
        public SealedPasskeyRules {
            recovery.ifPresent(ParsedObligations.Quorum::of);
        }

        private static SealedPasskeyRules read(StrictFields confirm) {
            Optional<String> first = confirm.optionalText("first_passkey");
            if (first.filter(word -> !word.equals(CODE)).isPresent()) {
                throw new MalformedException("`first_passkey` must be `" + CODE + "` or absent");
            }
            return new SealedPasskeyRules(first.isPresent(), confirm.optionalText("recovery"));
        }
    }

    /** @throws MalformedException if one key belongs to two people: either of them could fill a quorum of both */
    public SealDocument {
        people = Collections.unmodifiableMap(new TreeMap<>(people));
        protectedEnvironments = Collections.unmodifiableSet(new TreeSet<>(protectedEnvironments));
        readableEnvironments = Collections.unmodifiableSet(new TreeSet<>(readableEnvironments));
        credentials = Collections.unmodifiableMap(new TreeMap<>(credentials));
        Set<SshPublicKey> seen = new HashSet<>();
        for (Signatory person : people.values()) {
            for (SshPublicKey key : new HashSet<>(person.keys())) {
                if (!seen.add(key)) {
                    throw new MalformedException("the key `" + key + "` belongs to two people");
                }
            }
        }
    }

    /**
     * Reads a seal's payload. Its signatures must have been checked with {@link Envelope#verify} before.
     *
     * @throws MalformedException unless it is canonical JSON and each member that is read is as the format says
     */
    public static SealDocument read(byte[] payload) {
        StrictFields fields = new StrictFields(Json.readObject(payload));
        fields.constant("type", TYPE);
        StrictFields confirm = new StrictFields(fields.object("confirm"));
        Set<String> readable = new TreeSet<>();
        Set<String> protectedOnes = new TreeSet<>();
        fields.objects("environments", (name, environment) -> {
            if (environment.flagIfAny("readable")) {
                readable.add(name);
            }
            if (environment.flag("protected")) {
                protectedOnes.add(name);
            }
            return name;
        });
        SealDocument seal = new SealDocument(
                Sha256.hex(payload),
                fields.count("sequence"),
                fields.instant("expires"),
                fields.objects("people", SealDocument::signatory),
                confirm.flag("software_keys"),
                SealedPasskeyRules.read(confirm),
                protectedOnes,
                readable,
                fields.innerIfAny("backups", SealDocument::backups).orElse(AttestationRules.NONE),
                fields.optionalObject("upstreams")
                        .map(SealDocument::credentials)
                        .orElse(Map.of()));
        confirm.end();
        return seal;
    }

    private static Signatory signatory(String name, StrictFields fields) {
        // The login identity does not matter for confirmations.
        fields.passOver("subject");
        List<SshPublicKey> keys =
                fields.texts("keys").stream().map(SshPublicKey::parse).toList();
        return new Signatory(name, new TreeSet<>(fields.texts("groups")), keys);
    }

    private static AttestationRules backups(StrictFields fields) {
        // Expendable resources do not matter for confirmations.
        fields.passOver("expendable");
        Set<SshPublicKey> attesters = new HashSet<>();
        fields.texts("attesters").forEach(key -> attesters.add(SshPublicKey.parse(key)));
        AttestationRules backups =
                new AttestationRules(attesters, fields.objects("plans", (_, plan) -> SealDocument.plan(plan)));
        backups.requireCopies();
        return backups;
    }

    private static SealedPlan plan(StrictFields plan) {
        // Targets do not matter for confirmations.
        plan.passOver("targets");
        return new SealedPlan(
                plan.name("of"),
                plan.name("domain"),
                plan.optionalTexts("deletable_by").map(TreeSet::new),
                plan.optionalText("copy_of"));
    }

    /** Reads only the credentials of upstreams; a verifier does not need the rest. */
    private static Map<String, Set<String>> credentials(Json.Members upstreams) {
        Map<String, Set<String>> credentials = new TreeMap<>();
        upstreams.members().forEach((name, value) -> {
            StrictFields upstream = StrictFields.of(value);
            Set<String> names = credentials.computeIfAbsent(upstream.name("catalog"), _ -> new TreeSet<>());
            names.addAll(upstream.object("credentials").members().keySet());
            upstream.optionalText("resolver").ifPresent(names::add);
        });
        return credentials;
    }

    /** @throws BadSignatureException if the seal does not let keys of this class count */
    void requireClass(Signer signer) throws BadSignatureException {
        if (signer.keyClass() == KeyClass.SOFTWARE && !softwareKeys) {
            throw new BadSignatureException(
                    "`" + signer.person() + "` signed without a hardware key, which the seal does not allow");
        }
    }

    boolean isIn(String group, String person) {
        return Optional.ofNullable(people.get(person))
                .filter(known -> known.groups().contains(group))
                .isPresent();
    }

    /** Returns the owner of {@code key}, if there is one. */
    public Optional<Signatory> owner(SshPublicKey key) {
        return people.values().stream()
                .filter(person -> person.keys().contains(key))
                .findFirst();
    }
}
