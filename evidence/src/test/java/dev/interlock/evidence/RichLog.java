package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A sound log with one of each thing that a verifier checks, and the seals that its gateway was under. */
final class RichLog {

    static final String ORIGIN = "example.test/log";
    private static final Instant NOW = SealSamples.NOW;

    final SealSamples samples = new SealSamples();
    final SoftKey sealer = SoftKey.ed25519();
    private final SoftKey attester = SoftKey.ed25519();
    final SoftPasskey passkey = SoftPasskey.of("ann");
    private final Json.Members document = samples.seal(true)
            .with("confirm", Json.object().with("software_keys", true).with("first_passkey", "code"))
            .with(
                    "approvals",
                    Json.object().with("grants", Json.object().with("calls", 2).with("time", 7200)))
            .with(
                    "backups",
                    Json.object()
                            .withTexts("attesters", List.of(attester.line()))
                            .with(
                                    "plans",
                                    Json.object()
                                            .with(
                                                    "shop-db",
                                                    Json.object()
                                                            .with("of", "railway:volume/vol_x")
                                                            .with("domain", "elsewhere"))));
    final Envelope envelope = sealed(document);
    private final List<SoftWitness> witnesses = List.of(new SoftWitness(1), new SoftWitness(2), new SoftWitness(3));
    private final Json.Members laterDocument =
            document.with("sequence", 2).with("witnesses", SoftWitness.demand(2, witnesses, "destroy", "write"));
    final Envelope laterEnvelope = sealed(laterDocument);
    final SealDocument seal = SealDocument.read(document.canonical());
    private final SealDocument later = SealDocument.read(laterDocument.canonical());
    final SoftLog log = new SoftLog(ORIGIN);
    /** The leaves of intents that carry signatures. */
    final List<Integer> confirmed = new ArrayList<>();

    /** The leaf of an intent that witnesses saw. */
    final int watched;

    RichLog() {
        SealSamples.begin(log, ORIGIN, seal, "staging");
        admin(SealSamples.issue("L-02", List.of("read", "write"), "staging")
                .with("command", "lease.derive")
                .with("parent", "L-01JD")
                .with("root", "L-01JD"));
        call(SealSamples.intent(seal, meaning("read")), "done");
        call(SealSamples.intent(seal, meaning("write")).with("lease", "L-02").with("root", "L-01JD"), "failed");
        add(Receipt.Kind.REFUSED, Json.object().with("agent", "jer/cursor").with("refusal", "denied"));
        add(Receipt.Kind.HELD, Json.object().with("agent", "jer/cursor").with("hold", "H-01"));
        confirm("H-01", samples.annHardware.sign(statement("H-01").canonical(), Statement.NAMESPACE));
        confirm("H-02", samples.bobFile.sign(statement("H-02").canonical(), Statement.NAMESPACE));
        String touched = passkey.sign(statement("H-03").canonical(), passkey.endorsedBy(samples.annHardware))
                .json()
                .canonicalText();
        confirm("H-03", touched);
        confirm(
                "H-04",
                passkey.sign(statement("H-04").canonical(), passkey.byCode())
                        .json()
                        .canonicalText());
        backup();
        set();
        plan();
        grants();
        elevation();
        evidence();
        admin(SealSamples.adoption(later));
        admin(Json.object()
                .with("command", "run.renew")
                .with("lease", "L-01JD")
                .with("expires", NOW.plus(Duration.ofHours(2)).toString()));
        call(SealSamples.intent(later, meaning("execute")), "refused");
        watched = watched();
        call(SealSamples.intent(later, meaning("read")), "");
    }

    private Envelope sealed(Json.Members payload) {
        Envelope plain = Envelope.of(SealDocument.PAYLOAD_TYPE, payload.canonical());
        return plain.signedBy(sealer.sign(plain.pae(), SealDocument.NAMESPACE));
    }

    private static Json.Members meaning(String impact) {
        return SealSamples.meaning("staging", impact);
    }

    private Statement statement(String hold) {
        boolean isDba = hold.equals("H-02");
        return Statement.of(
                SealSamples.statement(seal, SealSamples.obligations(false, isDba ? "1 of dba" : "1 of owners"))
                        .json()
                        .with("hold", hold));
    }

    private int add(Receipt.Kind kind, Json.Members members) {
        int leaf = log.entries.size();
        log.add(new Receipt(LogVerifierTest.id(leaf), kind, NOW.plusMillis(leaf), ORIGIN, members));
        return leaf;
    }

    private void admin(Json.Members members) {
        add(Receipt.Kind.ADMIN, members);
    }

    private void call(Json.Members members, String result) {
        int leaf = add(Receipt.Kind.INTENT, members);
        if (members.get("confirmation").isPresent()) {
            confirmed.add(leaf);
        }
        if (!result.isEmpty()) {
            outcome(leaf, result);
        }
    }

    private void outcome(int leaf, String result) {
        add(
                Receipt.Kind.OUTCOME,
                Json.object()
                        .with("intent", LogVerifierTest.id(leaf))
                        .with("agent", "jer/cursor")
                        .with("result", result)
                        .with("answer", Json.object().with("status", 200)));
    }

    private int watched() {
        int leaf = add(
                Receipt.Kind.INTENT, SealSamples.intent(later, meaning("write")).with("witnesses", 2));
        Note seen = log.checkpoint();
        for (SoftWitness witness : witnesses.subList(0, 2)) {
            seen = witness.cosign(seen, NOW.plusSeconds(1));
        }
        admin(Json.object()
                .with("command", "call.witnessed")
                .with("intent", LogVerifierTest.id(leaf))
                .with("agent", "jer/cursor")
                .withTexts("checkpoints", List.of(new String(seen.write(), StandardCharsets.UTF_8))));
        outcome(leaf, "done");
        return leaf;
    }

    private void confirm(String hold, String signature) {
        confirm(statement(hold), signature);
    }

    private void confirm(Statement statement, String signature) {
        call(
                SealSamples.confirmed(seal, statement)
                        .with(
                                "confirmation",
                                Json.object()
                                        .with("statement", statement.json())
                                        .withTexts("signatures", List.of(signature))),
                "done");
    }

    private String sign(StatementList list) {
        return new ConfirmationSignature(
                        Optional.of(list),
                        PersonSignature.parse(samples.annHardware.sign(list.canonical(), Statement.NAMESPACE)))
                .text();
    }

    /** People confirmed on the condition that a restored backup remains, and an attester says that it does. */
    private void backup() {
        Json.Members said = Json.object()
                .with("type", RestoreAttestation.TYPE)
                .with("plan", "shop-db")
                .with("of", "railway:volume/vol_x")
                .with("backup", "b1")
                .with("taken_at", NOW.minusSeconds(900).toString())
                .with("tried_at", NOW.minusSeconds(800).toString())
                .with("restored", true)
                .withTexts("wrong", List.of())
                .with("separation", "unknown")
                .with("files", 3)
                .with("content_bytes", 1000)
                .with("changed", 0)
                .with("origin_sha256", "0a".repeat(32))
                .with("target_sha256", "0b".repeat(32))
                .with("took_seconds", 4);
        String signature = attester.sign(said.canonical(), RestoreAttestation.NAMESPACE);
        admin(Json.object()
                .with("command", "backup.attest")
                .with("attestation", said)
                .with("signature", signature)
                .with("seal", seal.id()));
        Json.Members survivor = Json.object()
                .with("id", "shop-db/b1")
                .with("of", "railway:volume/vol_x")
                .with("taken_at", NOW.minusSeconds(900).toString())
                .with("domain", "elsewhere")
                .with("provenance", "attested")
                .with("restored_at", NOW.minusSeconds(800).toString())
                .with("attestation", said)
                .with("signature", signature)
                .withTexts("covers", List.of("railway:volume/vol_x"));
        Json.Members meaning = meaning("destroy")
                .with(
                        "radius",
                        Json.object()
                                .withTexts("lost", List.of("railway:volume/vol_x"))
                                .with("survivors", new Json.Array(List.of(survivor))));
        Statement statement = Statement.of(SealSamples.statement(
                        seal, SealSamples.obligations(false, "1 of owners").with("backup_seconds", 86_400))
                .json()
                .with("hold", "H-11")
                .with("meaning", meaning)
                .with("meaning_sha256", Sha256.hex(meaning.canonical())));
        confirm(statement, samples.annHardware.sign(statement.canonical(), Statement.NAMESPACE));
    }

    private void set() {
        List<Statement> both = List.of(statement("H-05"), statement("H-06"));
        String signature = sign(StatementList.of(both, Optional.empty()));
        both.forEach(each -> confirm(each, signature));
    }

    private void plan() {
        Statement first = statement("H-07").at("H-07", new PlanStep("H-07", 1, 2, Optional.empty()));
        byte[] nonce = new byte[32];
        nonce[0] = 1;
        Statement second = Statement.of(statement("H-08").json().with("nonce", Base64Text.writeUrl(nonce)))
                .at("H-08", new PlanStep("H-07", 2, 2, Optional.of(PlanStep.mark(first))));
        String signature = sign(StatementList.of(List.of(first, second), Optional.empty()));
        confirm(first, signature);
        confirm(second, signature);
    }

    private void grants() {
        Json.Members like = meaning("write");
        Statement statement = Statement.of(SealSamples.statement(
                        seal,
                        SealSamples.obligations(false, "1 of owners")
                                .with("type_name", false)
                                .with("cooldown_seconds", 0))
                .json()
                .with("hold", "H-09")
                .with("meaning", like)
                .with("meaning_sha256", Sha256.hex(like.canonical())));
        CallGrant more = new CallGrant(2, NOW.plus(Duration.ofHours(1)));
        String signature = sign(StatementList.of(List.of(statement), Optional.of(more)));
        confirm(statement, signature);
        Json.Members further = SealSamples.intent(seal, like)
                .with("grant", "G-09")
                .with(
                        "like_sha256",
                        CallGrant.GrantedCall.of(like, statement.request()).likeSha256())
                .with(
                        "confirmation",
                        Json.object().with("statement", statement.json()).withTexts("signatures", List.of(signature)));
        call(further, "done");
        call(further, "unknown");
    }

    private void elevation() {
        Json.Members action = Json.object()
                .with("operation", "interlock/elevate")
                .withTexts("impacts", List.of("privilege"))
                .with("reversibility", "recoverable")
                .with("resources", new Json.Array(List.of()))
                .with(
                        "facts",
                        new Json.Array(List.of(
                                fact("gives environment", "production"),
                                fact("gives impact", "write"),
                                fact("gives minutes", "15"))));
        Json.Members meaning = meaning("write")
                .with("upstream", ElevationScope.UPSTREAM)
                .with("actions", new Json.Array(List.of(action)));
        Statement statement = Statement.of(statement("H-10")
                .json()
                .with("upstream", ElevationScope.UPSTREAM)
                .with("meaning", meaning)
                .with("meaning_sha256", Sha256.hex(meaning.canonical())));
        admin(Json.object()
                .with("command", "elevation.give")
                .with("hold", "H-10")
                .with("lease", "L-01JD")
                .with("agent", "jer/cursor")
                .withTexts("environments", List.of("production"))
                .withTexts("impacts", List.of("write"))
                .withTexts("resources", List.of())
                .withTexts("signers", List.of("ann"))
                .with("minutes", 15)
                .with("until", NOW.plus(Duration.ofMinutes(15)).toString())
                .with(
                        "confirmation",
                        Json.object()
                                .with("statement", statement.json())
                                .withTexts("signatures", List.of(SealSamples.sign(samples.annHardware, statement)))));
        call(
                SealSamples.intent(seal, SealSamples.meaning("production", "write"))
                        .with("elevation", "H-10"),
                "done");
    }

    private static Json fact(String name, String value) {
        return Json.object().with("name", name).with("value", value).with("provenance", "resolved");
    }

    private void evidence() {
        Json.Members rehearsal = Json.object()
                .with("type", RehearsalAttestation.TYPE)
                .with("plan", "shop-db")
                .with("backup", "b1")
                .with("restored", true);
        admin(Json.object()
                .with("command", "backup.rehearsal")
                .with("rehearsal", rehearsal)
                .with("signature", samples.annHardware.sign(rehearsal.canonical(), RehearsalAttestation.NAMESPACE))
                .with("person", "ann")
                .with("seal", seal.id()));
        admin(Json.object()
                .with("command", "session.record")
                .with("lease", "L-01JD")
                .with("manifest_sha256", "0a".repeat(32)));
    }
}
