package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyStatement;
import dev.interlock.evidence.Signer;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.people.Passkey;
import dev.interlock.people.PasskeyRefusedException;
import dev.interlock.people.Passkeys;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Commands about people's passkeys: registering, endorsing, signing in with them, and revoking. */
public final class PasskeyCommands implements CommandGroup {

    private static final String SEE = "See `interlock key list`.";

    private final Passkeys passkeys;
    private final SignatureReader signatures;
    private final Predicate<String> isKilled;
    private final Set<String> inviters;
    private final Consumer<Alert> alerts;

    /**
     * Wires it.
     *
     * @param isKilled whether the signatures of the person of that name count for nothing
     * @param inviters the users of the machine who may give out codes: those whom no agent runs as
     */
    public PasskeyCommands(
            Passkeys passkeys,
            SignatureReader signatures,
            Predicate<String> isKilled,
            Set<String> inviters,
            Consumer<Alert> alerts) {
        this.passkeys = passkeys;
        this.signatures = signatures;
        this.isKilled = isKilled;
        this.inviters = Set.copyOf(inviters);
        this.alerts = alerts;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of("passkey.list", Entitlement.CONSOLE, Set.of(), request -> list(request.seal())),
                Command.of("passkey.invite", Entitlement.SOCKET, Set.of("person"), this::invite),
                Command.of(
                        "passkey.register",
                        Entitlement.CONSOLE,
                        Set.of("code", "person"),
                        request -> begin(request.seal(), request.peer(), request.question())),
                Command.of(
                        "passkey.register.finish",
                        Entitlement.CONSOLE,
                        Set.of("code", "credential", "enrolment"),
                        request -> finish(request.seal(), request.question(), request.entry())),
                Command.of(
                        "passkey.endorse",
                        Entitlement.CONSOLE,
                        Set.of("key", "signature"),
                        request -> endorse(request.seal(), request.question(), request.entry())),
                Command.of(
                        "passkey.revoke",
                        Entitlement.CONSOLE,
                        Set.of("key", "reason"),
                        request -> revoke(request.peer(), request.question(), request.entry())),
                Command.of("login.options", Entitlement.CONSOLE, Set.of(), _ -> login()),
                Command.of(
                        "login.finish",
                        Entitlement.SIGN_IN,
                        Set.of("assertion", "login"),
                        request -> login(request.seal(), request.question(), request.entry())));
    }

    private Json.Members list(Seal seal) {
        return Json.object()
                .withItems("keys", passkeys.list(seal).stream().map(listed -> json(listed.key(), listed.standing())));
    }

    private Json.Members json(Passkey key, Optional<Signer> standing) {
        Json.Members json = Json.object()
                .with("id", key.name())
                .with("person", key.statement().person())
                .with("credential", key.statement().credential())
                .with("origin", key.statement().origin())
                .with("made_at", key.statement().madeAt().toString())
                .with("state", state(key, standing));
        Json.Members worth = standing.map(
                        signer -> json.with("class", signer.keyClass().word())
                                .with("basis", signer.basis().word()))
                .orElse(json);
        Json.Members asked =
                key.isWaiting() ? worth.with("statement", text(key.statement())).with("words", words(key)) : worth;
        return key.end()
                .map(end -> asked.with("revoked_at", end.at().toString())
                        .with("revoked_by", end.by())
                        .with("reason", end.reason()))
                .orElse(asked);
    }

    private String state(Passkey key, Optional<Signer> standing) {
        if (key.end().isPresent()) {
            return "revoked";
        }
        if (key.isWaiting()) {
            return "waiting";
        }
        if (standing.isEmpty()) {
            return "suspended";
        }
        return passkeys.isHere(key) ? "good" : "elsewhere";
    }

    /**
     * Makes an invitation, whose code is shown once. The code makes a key of full weight, so not every administrator
     * may ask for one.
     */
    private Json.Members invite(AdminRequest<Json.Members> request) throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        Peer peer = request.peer();
        String person = request.question().text("person");
        if (!inviters.contains(peer.user())) {
            throw new AdminRefusedException(
                    "refused",
                    "Only root and the gateway's user can create codes: agents may run as `" + peer.user() + "`.",
                    "Ask root on this machine to run `interlock key invite " + Arguments.printable(person) + "`.");
        }
        try {
            Passkeys.Invitation invitation = passkeys.invite(seal, person);
            request.entry().record(Json.object().with("person", person));
            String code = invitation.code().<String>use(text -> text);
            return Json.object()
                    .with("person", person)
                    .with("code", code)
                    .with("address", address(person, code))
                    .with("expires", invitation.expires().toString())
                    .with("origin", passkeys.site().origin());
        } catch (PasskeyRefusedException e) {
            throw SignatureReader.refused(e);
        }
    }

    /** Returns the address that fills in the invitation. No browser sends a fragment anywhere. */
    private String address(String person, String code) {
        return passkeys.site().origin() + "/signin#invited=" + URLEncoder.encode(person, StandardCharsets.UTF_8)
                + "&code=" + code;
    }

    /**
     * Begins a registration. A person who is identified registers keys only for themselves: a key for somebody else
     * would wait for a careless touch of theirs.
     */
    private Json.Members begin(Seal seal, Peer peer, Json.Members arguments) throws AdminRefusedException {
        boolean others = peer.person()
                .filter(person -> !person.equals(arguments.text("person")))
                .isPresent();
        if (others && arguments.optionalText("code").isEmpty()) {
            throw new AdminRefusedException(
                    "not_entitled",
                    "People must create their own passkeys.",
                    "That person can create it at the console, or with an invitation: " + "interlock key invite");
        }
        try {
            Passkeys.PasskeyCeremony begun = passkeys.begin(
                    seal, arguments.text("person"), peer.identification(), arguments.optionalText("code"));
            return Json.object().with("enrolment", begun.name()).with("options", begun.options());
        } catch (PasskeyRefusedException e) {
            throw SignatureReader.refused(e);
        }
    }

    /** Ends a registration. It is recorded before the key is stored: no key exists that the ledger does not know. */
    private Json.Members finish(Seal seal, Json.Members arguments, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        try {
            Passkey key = passkeys.acceptRegistration(
                    seal,
                    arguments.text("enrolment"),
                    SignatureReader.browserJson(arguments, "credential"),
                    arguments.optionalText("code"));
            Optional<Passkey> instead = passkeys.displacedBy(key);
            entry.record(subject(key)
                    .with("result", key.isGood() ? "good" : "waiting")
                    .withOptional("instead_of", instead.map(Passkey::name)));
            passkeys.keep(key, instead);
            if (!key.isGood()) {
                alerts.accept(waiting(key));
            }
            Json.Members result = Json.object().with("key", json(key, passkeys.standing(seal, key.name())));
            return key.isGood()
                    ? result
                    : result.with("statement", text(key.statement())).with("words", words(key));
        } catch (PasskeyRefusedException e) {
            throw SignatureReader.refused(e);
        }
    }

    /** Returns the alert by which the person learns of the key before they are asked to sign for it. */
    private static Alert waiting(Passkey key) {
        String person = key.statement().person();
        return new Alert(
                Alert.AlertKind.PASSKEY_WAITING,
                Alert.Severity.WARNING,
                "A passkey was created for " + person + " and waits for their endorsement. If "
                        + "that was not " + person
                        + ": interlock key revoke " + key.name() + ".",
                Map.of("person", person, "passkey", key.name(), "words", words(key)),
                Optional.empty());
    }

    private static Json.Members subject(Passkey key) {
        return Json.object()
                .with("passkey", key.name())
                .with("person", key.statement().person())
                .with("site", key.statement().origin()); // the receipt's own `origin` names the log
    }

    private static String text(KeyStatement statement) {
        return new String(statement.canonical(), StandardCharsets.UTF_8);
    }

    private static String words(Passkey key) {
        return DigestPhrase.of(Bytes.of(key.statement().canonical()).sha256());
    }

    /** Takes a signature for a waiting key. Every try is recorded. */
    private Json.Members endorse(Seal seal, Json.Members arguments, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Passkey key = passkeys.find(arguments.text("key")).orElseThrow(PasskeyCommands::noSuchPasskey);
        try {
            Passkeys.VerifiedSignature given = passkeys.verifySignature(
                    seal,
                    KeyStatement.NAMESPACE,
                    key.statement().canonical(),
                    SignatureReader.browserJson(arguments, "signature"));
            requireAlive(given.signer());
            Passkey after = passkeys.addEndorsement(seal, key.name(), given);
            entry.record(
                    by(subject(key), given.signer()).with("result", "accepted").with("complete", after.isGood()));
            passkeys.keep(after);
            return Json.object()
                    .with("key", json(after, passkeys.standing(seal, after.name())))
                    .with("person", given.signer().person());
        } catch (PasskeyRefusedException e) {
            entry.record(subject(key).with("result", "rejected").with("reason", e.reason()));
            signatures.alertIfCopied(e);
            throw SignatureReader.refused(e);
        }
    }

    private void requireAlive(Signer signer) throws AdminRefusedException {
        if (isKilled.test(signer.person())) {
            throw new AdminRefusedException(
                    "refused",
                    "`" + signer.person() + "` is stopped by a kill and cannot sign.",
                    "Lift the kill first.");
        }
    }

    private static Json.Members by(Json.Members told, Signer signer) {
        return told.with("signer", signer.person())
                .with("key", signer.key())
                .with("key_class", signer.keyClass().word())
                .with("basis", signer.basis().word());
    }

    /** Revokes a key. This tightens: it takes effect first, and is recorded if that can be. */
    private Json.Members revoke(Peer peer, Json.Members arguments, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException {
        try {
            String reason = arguments.text("reason");
            Passkeys.PasskeyRevocation revoked = passkeys.revoke(arguments.text("key"), peer.user(), reason);
            tellUnless(revoked.durable());
            Json.Members result = Json.object()
                    .with("key", revoked.key().name())
                    .with("person", revoked.key().statement().person())
                    .with("durable", revoked.durable())
                    .withTexts("vouched_for", revoked.vouchedFor().stream().map(Passkey::name));
            Json.Members done = entry.completed(
                    result, subject(revoked.key()).with("reason", reason).with("durable", revoked.durable()));
            alerts.accept(new Alert(
                    Alert.AlertKind.PASSKEY_REVOKED,
                    Alert.Severity.WARNING,
                    "A passkey of `" + revoked.key().statement().person()
                            + "` is no longer valid. Ask this person, unless they revoked it "
                            + "themselves.",
                    Map.of(
                            "passkey",
                            revoked.key().name(),
                            "person",
                            revoked.key().statement().person(),
                            "peer",
                            peer.user()),
                    Optional.empty()));
            return done;
        } catch (PasskeyRefusedException e) {
            throw new AdminRefusedException("not_found", e.reason(), SEE);
        }
    }

    /** Writes revocations that the store could not take before. */
    @Override
    public void runPeriodically() {
        tellUnless(passkeys.settle());
    }

    private void tellUnless(boolean durable) {
        if (!durable) {
            alerts.accept(new Alert(
                    Alert.AlertKind.STORE_TROUBLE,
                    Alert.Severity.ALARM,
                    "Passkeys were revoked, but the store cannot save it: a restart would " + "restore them.",
                    Map.of(),
                    Optional.empty()));
        }
    }

    private Json.Members login() {
        Passkeys.PasskeyCeremony begun = passkeys.login();
        return Json.object().with("login", begun.name()).with("options", begun.options());
    }

    private Json.Members login(Seal seal, Json.Members arguments, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        try {
            Passkeys.PasskeyLogin in =
                    passkeys.login(seal, arguments.text("login"), SignatureReader.browserJson(arguments, "assertion"));
            requireAlive(in.signer());
            entry.record(by(Json.object(), in.signer()).with("result", "accepted"));
            return Json.object()
                    .with("person", in.signer().person())
                    .with("key", in.signer().key())
                    .with("key_class", in.signer().keyClass().word())
                    .with("credential", in.key().statement().credential());
        } catch (PasskeyRefusedException e) {
            signatures.alertIfCopied(e);
            throw SignatureReader.refused(e);
        }
    }

    static AdminRefusedException noSuchPasskey() {
        return new AdminRefusedException("not_found", "There is no passkey with that name.", SEE);
    }
}
