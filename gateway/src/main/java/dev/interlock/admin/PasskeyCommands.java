package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminapi.RecordJson;
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

/** Commands about passkeys; {@code inviters} may give out codes: users of the machine whom no agent runs as. */
public record PasskeyCommands(
        Passkeys passkeys, SignatureReader signatures, Set<String> inviters, Consumer<Alert> alerts)
        implements CommandGroup {

    private static final String SEE = "See `interlock key list`.";

    public PasskeyCommands {
        inviters = Set.copyOf(inviters);
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(PersonQuestion.ListPasskeys.class, request -> list(request.seal())),
                Command.of(PersonQuestion.InvitePerson.class, this::invite),
                Command.of(
                        PersonQuestion.BeginPasskey.class,
                        request -> begin(request.seal(), request.peer(), request.question())),
                Command.of(
                        PersonQuestion.FinishPasskey.class,
                        request -> finish(request.seal(), request.question(), request.entry())),
                Command.of(
                        PersonQuestion.EndorsePasskey.class,
                        request -> endorse(request.seal(), request.question(), request.entry())),
                Command.of(
                        PersonQuestion.RevokePasskey.class,
                        request -> revoke(request.peer(), request.question(), request.entry())),
                Command.of(PersonQuestion.BeginLogin.class, _ -> login()),
                Command.of(
                        PersonQuestion.FinishLogin.class,
                        request -> login(request.seal(), request.question(), request.entry())));
    }

    private PersonQuestion.Passkeys list(Seal seal) {
        return new PersonQuestion.Passkeys(passkeys.list(seal).stream()
                .map(listed -> answer(listed.key(), listed.standing()))
                .toList());
    }

    private PersonQuestion.Passkey answer(Passkey key, Optional<Signer> standing) {
        return new PersonQuestion.Passkey(
                key.name(),
                key.statement().person(),
                key.statement().credential(),
                key.statement().origin(),
                key.statement().madeAt(),
                state(key, standing),
                standing.map(signer -> signer.keyClass().word()),
                standing.map(signer -> signer.basis().word()),
                key.isWaiting() ? Optional.of(text(key.statement())) : Optional.empty(),
                key.isWaiting() ? Optional.of(words(key)) : Optional.empty(),
                key.end().map(Passkey.PasskeyEnd::at),
                key.end().map(Passkey.PasskeyEnd::by),
                key.end().map(Passkey.PasskeyEnd::reason));
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

    /** Makes an invitation, whose code is shown once. It makes a key of full weight, so not everybody may ask. */
    private PersonQuestion.Invitation invite(AdminRequest<PersonQuestion.InvitePerson> request)
            throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        Peer peer = request.peer();
        String person = request.question().person();
        if (!inviters.contains(peer.user())) {
            throw new AdminRefusedException(
                    "refused",
                    "Only root and the gateway's user can create codes: agents may run as `" + peer.user() + "`.",
                    "Ask root on this machine to run `interlock key invite " + RecordJson.printable(person) + "`.");
        }
        try {
            Passkeys.Invitation invitation = passkeys.invite(seal, person);
            request.entry().record(Json.object().with("person", person));
            return new PersonQuestion.Invitation(
                    person,
                    invitation.code(),
                    new Secret(invitation.code().<String>use(code -> address(person, code))),
                    invitation.expires(),
                    passkeys.site().origin());
        } catch (PasskeyRefusedException e) {
            throw SignatureReader.refused(e);
        }
    }

    /** Returns the address that fills in the invitation. No browser sends a fragment anywhere. */
    private String address(String person, String code) {
        return passkeys.site().origin() + "/signin#invited=" + URLEncoder.encode(person, StandardCharsets.UTF_8)
                + "&code=" + code;
    }

    /** Begins a registration, by a known person for themselves: another's key would wait for a careless touch. */
    private PersonQuestion.BegunPasskey begin(Seal seal, Peer peer, PersonQuestion.BeginPasskey asked)
            throws AdminRefusedException {
        boolean others =
                peer.person().filter(person -> !person.equals(asked.person())).isPresent();
        if (others && asked.code().isEmpty()) {
            throw new AdminRefusedException(
                    "not_entitled",
                    "People must create their own passkeys.",
                    "That person can create it at the console, or with an invitation: interlock key invite");
        }
        try {
            Passkeys.PasskeyCeremony begun = passkeys.begin(
                    seal, asked.person(), peer.identification(), asked.code().map(PasskeyCommands::reveal));
            return new PersonQuestion.BegunPasskey(begun.name(), begun.options());
        } catch (PasskeyRefusedException e) {
            throw SignatureReader.refused(e);
        }
    }

    /** Ends a registration. It is recorded before the key is stored: no key exists that the ledger does not know. */
    private PersonQuestion.FinishedPasskey finish(Seal seal, PersonQuestion.FinishPasskey asked, ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        try {
            Passkey key = passkeys.acceptRegistration(
                    seal,
                    asked.enrolment(),
                    SignatureReader.browserJson(asked.credential()),
                    asked.code().map(PasskeyCommands::reveal));
            Optional<Passkey> instead = passkeys.displacedBy(key);
            entry.record(subject(key)
                    .with("result", key.isGood() ? "good" : "waiting")
                    .withOptional("instead_of", instead.map(Passkey::name)));
            passkeys.keep(key, instead);
            if (!key.isGood()) {
                alerts.accept(waiting(key));
            }
            return new PersonQuestion.FinishedPasskey(
                    answer(key, passkeys.standing(seal, key.name())),
                    key.isGood() ? Optional.empty() : Optional.of(text(key.statement())),
                    key.isGood() ? Optional.empty() : Optional.of(words(key)));
        } catch (PasskeyRefusedException e) {
            throw SignatureReader.refused(e);
        }
    }

    private static String reveal(Secret code) {
        return code.use(text -> text);
    }

    /** Returns the alert by which the person learns of the key before they are asked to sign for it. */
    private static Alert waiting(Passkey key) {
        String person = key.statement().person();
        return new Alert(
                Alert.AlertKind.PASSKEY_WAITING,
                Alert.Severity.WARNING,
                "A passkey was created for " + person + " and waits for their endorsement. If that was not " + person
                        + ": interlock key revoke " + key.name() + ".",
                Map.of("person", person, "passkey", key.name(), "words", words(key)));
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
    private PersonQuestion.EndorsedPasskey endorse(Seal seal, PersonQuestion.EndorsePasskey asked, ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Passkey key = passkeys.find(asked.key()).orElseThrow(PasskeyCommands::noSuchPasskey);
        try {
            Passkeys.VerifiedSignature given = passkeys.verifySignature(
                    seal,
                    KeyStatement.NAMESPACE,
                    key.statement().canonical(),
                    SignatureReader.browserJson(asked.signature()));
            signatures.requireAlive(given.signer().person());
            Passkey after = passkeys.addEndorsement(seal, key.name(), given);
            entry.record(
                    by(subject(key), given.signer()).with("result", "accepted").with("complete", after.isGood()));
            passkeys.keep(after);
            return new PersonQuestion.EndorsedPasskey(
                    answer(after, passkeys.standing(seal, after.name())),
                    given.signer().person());
        } catch (PasskeyRefusedException e) {
            entry.record(subject(key).with("result", "rejected").with("reason", e.reason()));
            signatures.alertIfCopied(e);
            throw SignatureReader.refused(e);
        }
    }

    private static Json.Members by(Json.Members told, Signer signer) {
        return told.with("signer", signer.person())
                .with("key", signer.key())
                .with("key_class", signer.keyClass().attested())
                .with("basis", signer.basis().word());
    }

    /** Revokes a key. This tightens: it takes effect first, and is recorded if that can be. */
    private PersonQuestion.RevokedPasskey revoke(Peer peer, PersonQuestion.RevokePasskey asked, ReceiptEntry entry)
            throws AdminRefusedException {
        try {
            String reason = asked.reason();
            Passkeys.PasskeyRevocation revoked = passkeys.revoke(asked.key(), peer.user(), reason);
            tellUnless(revoked.durable());
            boolean recorded =
                    entry.done(subject(revoked.key()).with("reason", reason).with("durable", revoked.durable()));
            alerts.accept(new Alert(
                    Alert.AlertKind.PASSKEY_REVOKED,
                    Alert.Severity.WARNING,
                    "A passkey of `" + revoked.key().statement().person()
                            + "` is no longer valid. Ask this person, unless they revoked it themselves.",
                    Map.of(
                            "passkey",
                            revoked.key().name(),
                            "person",
                            revoked.key().statement().person(),
                            "peer",
                            peer.user())));
            return new PersonQuestion.RevokedPasskey(
                    revoked.key().name(),
                    revoked.key().statement().person(),
                    revoked.vouchedFor().stream().map(Passkey::name).toList(),
                    revoked.durable(),
                    recorded);
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
                    "Passkeys were revoked, but the store cannot save it: a restart would restore them.",
                    Map.of()));
        }
    }

    private PersonQuestion.BegunLogin login() {
        Passkeys.PasskeyCeremony begun = passkeys.login();
        return new PersonQuestion.BegunLogin(begun.name(), begun.options());
    }

    private PersonQuestion.PasskeyLogin login(Seal seal, PersonQuestion.FinishLogin asked, ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        try {
            Passkeys.PasskeyLogin in =
                    passkeys.login(seal, asked.login(), SignatureReader.browserJson(asked.assertion()));
            signatures.requireAlive(in.signer().person());
            entry.record(by(Json.object(), in.signer()).with("result", "accepted"));
            return new PersonQuestion.PasskeyLogin(
                    in.signer().person(),
                    in.signer().key(),
                    in.signer().keyClass().word(),
                    in.key().statement().credential());
        } catch (PasskeyRefusedException e) {
            signatures.alertIfCopied(e);
            throw SignatureReader.refused(e);
        }
    }

    static AdminRefusedException noSuchPasskey() {
        return new AdminRefusedException("not_found", "There is no passkey with that name.", SEE);
    }
}
