package dev.interlock.evidence;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The part of a seal that a verifier of confirmations needs: who counts, with which keys, in which groups. The rest is
 * policy, which it cannot judge. {@code id} is the payload's SHA-256 in hexadecimal, {@code credentials} by provider
 * all that reach it and so perhaps can delete what lies there; {@code grants} is what one signature may grant beside a
 * confirmation, {@code witnesses} who must see a call before it is sent, if anybody.
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
        Map<String, Set<String>> credentials,
        Optional<CallGrant.GrantLimit> grants,
        Optional<WitnessRules> witnesses) {

    public static final String PAYLOAD_TYPE = "application/vnd.interlock.seal.v1+json";

    public static final String NAMESPACE = "interlock-seal@v1";
    /** The group whose members may widen any lease, lift kills and freezes, and review. */
    public static final String OWNERS = "owners";

    private static final String TYPE = "interlock-seal@v1";

    /** A person who may sign, with the groups whose quorums count them. */
    public record Signatory(String name, Set<String> groups, List<SshPublicKey> keys) {
        public Signatory {
            groups = Collections.unmodifiableSet(new TreeSet<>(groups));
            keys = List.copyOf(keys);
        }
    }

    /** The seal's rules for backups: the keys that may attest that one was restored, and the plans by name. */
    public record AttestationRules(Set<SshPublicKey> attesters, Map<String, SealedPlan> plans) {

        public static final AttestationRules NONE = new AttestationRules(Set.of(), Map.of());

        public AttestationRules {
            attesters = Set.copyOf(attesters);
            plans = Collections.unmodifiableMap(new TreeMap<>(plans));
        }

        /** Returns the plan that {@code name} is a copy of, or itself: of a group, one is enough. */
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
                    groups.computeIfAbsent(group(name), group -> new TreeSet<>())
                            .add(name);
                }
            });
            return groups;
        }

        /** A plan may only be a copy of one that saves the same, and is no copy. */
        private void requireCopies() {
            plans.forEach((name, plan) -> plan.copyOf().ifPresent(of -> {
                SealedPlan first = plans.get(of);
                if (first == null || first.copyOf().isPresent() || !first.of().equals(plan.of())) {
                    throw new MalformedException("`" + name + "` is not a copy of a plan of `" + plan.of() + "`");
                }
            }));
        }
    }

    /** A plan of backups of {@code of}: who can delete them, if the seal says so, and what it is a copy of. */
    public record SealedPlan(String of, String domain, Optional<Set<String>> deletableBy, Optional<String> copyOf) {}

    BackupCustody custody(SealedPlan plan) {
        return BackupCustody.of(credentials, plan.of(), plan.domain(), plan.deletableBy());
    }

    /**
     * Whether a one-time code of the gateway is enough for a first passkey, and the quorum of others that may endorse
     * one, as {@code 2 of owners}. In any case a person may endorse a further key with one that they have.
     */
    public record SealedPasskeyRules(boolean firstByCode, Optional<String> recovery) {

        private static final String CODE = "code";

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

    /** Opens the envelope of a seal, which at least {@code quorum} of the keys from outside must have signed. */
    public static SealDocument open(byte[] envelope, Collection<SshPublicKey> pinned, int quorum)
            throws BadSignatureException {
        return read(Envelope.read(envelope)
                .verify(PAYLOAD_TYPE, NAMESPACE, pinned, quorum)
                .payload());
    }

    /** Reads a seal's payload, whose signatures {@link Envelope#verify} has checked before. */
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
                        .orElse(Map.of()),
                fields.optionalObject("approvals")
                        .flatMap(approvals -> approvals.optionalObject("grants"))
                        .map(grants -> CallGrant.GrantLimit.read(new StrictFields(grants))),
                fields.innerIfAny("witnesses", WitnessRules::read));
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
                new AttestationRules(attesters, fields.objects("plans", (name, plan) -> SealDocument.plan(plan)));
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
            Set<String> names = credentials.computeIfAbsent(upstream.name("catalog"), catalog -> new TreeSet<>());
            names.addAll(upstream.object("credentials").members().keySet());
            upstream.optionalText("resolver").ifPresent(names::add);
        });
        return credentials;
    }

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

    public Optional<Signatory> owner(SshPublicKey key) {
        return people.values().stream()
                .filter(person -> person.keys().contains(key))
                .findFirst();
    }
}
