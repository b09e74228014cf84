package dev.interlock.evidence;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A seal with people in it, and a statement under it. */
final class SealSamples {

    static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

    final SoftKey jerHardware = SoftKey.hardware();
    final SoftKey jerFile = SoftKey.ed25519();
    final SoftKey annHardware = SoftKey.of(SshKeyType.SK_ECDSA);
    final SoftKey annFile = SoftKey.ed25519();
    final SoftKey bobFile = SoftKey.of(SshKeyType.ECDSA_256);

    Json.Members seal(boolean softwareKeys) {
        return Json.object()
                .with("type", "interlock-seal@v1")
                .with("organisation", "pocketos")
                .with("sequence", 1)
                .with("sealed_at", "2026-11-20T08:00:00Z")
                .with("expires", "2027-02-20T08:00:00Z")
                .with("environments", environments())
                .with("confirm", Json.object().with("software_keys", softwareKeys))
                .with(
                        "people",
                        Json.object()
                                .with("jer", person(List.of("owners"), jerHardware, jerFile))
                                .with("ann", person(List.of("owners", "dba"), annHardware, annFile))
                                .with("bob", person(List.of("dba"), bobFile)))
                .with("policies", new Json.Array(List.of()));
    }

    private static Json.Members environments() {
        return Json.object()
                .with("production", Json.object().with("protected", true))
                .with("staging", Json.object().with("protected", false));
    }

    private static Json.Members person(List<String> groups, SoftKey... keys) {
        return Json.object()
                .withTexts("groups", groups)
                .withTexts("keys", Arrays.stream(keys).map(SoftKey::line).toList());
    }

    SealDocument document(boolean softwareKeys) {
        return SealDocument.read(seal(softwareKeys).canonical());
    }

    SealDocument document(boolean softwareKeys, String firstPasskey, String recovery) {
        Json.Members confirm = Json.object()
                .with("software_keys", softwareKeys)
                .with("first_passkey", firstPasskey)
                .with("recovery", recovery);
        return SealDocument.read(seal(softwareKeys).with("confirm", confirm).canonical());
    }

    static Json.Members obligations(boolean other, String... quorums) {
        return Json.object()
                .withTexts("confirm", List.of(quorums))
                .with("cooldown_seconds", 600)
                .with("type_name", true)
                .with("other", other);
    }

    static Statement statement(SealDocument seal, Json.Members obligations) {
        return new Statement(
                "H-01JD",
                seal.id(),
                "L-01JD",
                "jer/cursor",
                "jer",
                Set.of(),
                "fix-staging",
                "railway",
                meaning("staging", "destroy"),
                Json.object().with("method", "POST"),
                "Delete volume vol_x, and with it all backups.",
                Optional.empty(),
                obligations,
                Base64Text.writeUrl(new byte[32]),
                NOW.minus(Duration.ofMinutes(5)),
                NOW.plus(Duration.ofMinutes(15)),
                Optional.empty());
    }

    /** Returns the same about a lease that {@code signers} signed for. */
    static Statement behind(Statement statement, String... signers) {
        return Statement.of(statement.json().withTexts("behind", List.of(signers)));
    }

    static Json.Members meaning(String environment, String impact) {
        Json.Members resource = Json.object()
                .with("id", "railway:volume/vol_x")
                .withTexts("environments", List.of(environment))
                .with("known", true)
                .with("provenance", "resolved");
        Json.Members action = Json.object()
                .with("operation", "volumeDelete")
                .withTexts("impacts", List.of(impact))
                .with("reversibility", "irreversible")
                .with("resources", new Json.Array(List.of(resource)))
                .with("facts", new Json.Array(List.of()));
        return Json.object()
                .with("upstream", "railway")
                .with("agent", "jer/cursor")
                .with("lease", "L-01JD")
                .with("actions", new Json.Array(List.of(action)))
                .with("radius", Json.object());
    }

    /** Records in {@code log} that {@code seal} was put in force, and that the lease of all samples was issued. */
    static void begin(SoftLog log, String origin, SealDocument seal, String... environments) {
        Instant before = NOW.minus(Duration.ofHours(1));
        log.add(new Receipt("R-01JD0000000000000000900001", Receipt.Kind.ADMIN, before, origin, adoption(seal)));
        log.add(new Receipt(
                "R-01JD0000000000000000900002",
                Receipt.Kind.ADMIN,
                before,
                origin,
                issue("L-01JD", List.of("read", "write", "destroy"), environments)));
    }

    static Json.Members adoption(SealDocument seal) {
        return Json.object()
                .with("command", "seal.adopt")
                .with("seal", seal.id())
                .with("sequence", seal.sequence());
    }

    static Json.Members issue(String lease, List<String> impacts, String... environments) {
        return Json.object()
                .with("command", "lease.issue")
                .with("lease", lease)
                .with("agent", "jer/cursor")
                .with("person", "jer")
                .with("task", "fix-staging")
                .withTexts("environments", List.of(environments))
                .withTexts("impacts", impacts)
                .withTexts("resources", List.of())
                .with("issued", NOW.minus(Duration.ofHours(1)).toString())
                .with("expires", NOW.plus(Duration.ofHours(1)).toString());
    }

    /** Returns the members of an intent that nobody has confirmed. */
    static Json.Members intent(SealDocument seal, Json.Members meaning) {
        return meaning.with("person", "jer")
                .with("task", "fix-staging")
                .with("seal", seal.id())
                .with("meaning_sha256", Sha256.hex(meaning.canonical()))
                .with("request_sha256", Sha256.hex(new byte[0]));
    }

    /** Returns the members of an intent that was confirmed by {@code keys}. */
    static Json.Members confirmed(SealDocument seal, Statement statement, SoftKey... keys) {
        return intent(seal, statement.meaning())
                .with("hold", statement.hold())
                .with("request_sha256", statement.requestDigest())
                .with(
                        "confirmation",
                        Json.object()
                                .with("statement", statement.json())
                                .withTexts(
                                        "signatures",
                                        Arrays.stream(keys)
                                                .map(key -> sign(key, statement))
                                                .toList()));
    }

    static String sign(SoftKey key, Statement statement) {
        return key.sign(statement.canonical(), Statement.NAMESPACE);
    }
}
