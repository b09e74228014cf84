package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.DigestWords;
import dev.interlock.action.Seal;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.Confirmers;
import dev.interlock.confirm.Glass;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyStatement;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Review;
import dev.interlock.evidence.Signer;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.people.Passkey;
import dev.interlock.people.PasskeyCopiedException;
import dev.interlock.people.PasskeyRefusedException;
import dev.interlock.people.Passkeys;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** People's passkeys: how they come to be, what they are asked to sign, who signs in with them, and their end. */
public final class KeyCommands {

    private static final String SEE = "See `interlock key list`.";
    private static final String AGAIN = "Nothing has changed. " + SEE;

    /** Besides holds and keys: what their own commands prepare. */
    private static final Set<String> STATEMENTS =
            Set.of("interlock-lease-request@v1", "interlock-kill-lift@v1", "interlock-freeze-lift@v1", Review.TYPE);

    private final Passkeys passkeys;
    private final Confirmers confirmers;
    private final Predicate<String> isKilled;
    private final Set<String> inviters;
    private final Consumer<Alert> alerts;

    /**
     * Wires it.
     *
     * @param isKilled whose signatures count for nothing, by name
     * @param inviters users of the machine who may give out codes: those whom no agent runs as
     */
    public KeyCommands(
            Passkeys passkeys,
            Confirmers confirmers,
            Predicate<String> isKilled,
            Set<String> inviters,
            Consumer<Alert> alerts) {
        this.passkeys = passkeys;
        this.confirmers = confirmers;
        this.isKilled = isKilled;
        this.inviters = Set.copyOf(inviters);
        this.alerts = alerts;
    }

    Json.Members list(Seal seal) {
        return Json.object()
                .with(
                        "keys",
                        new Json.Array(passkeys.list(seal).stream()
                                .<Json>map(listed -> json(listed.key(), listed.standing()))
                                .toList()));
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

    /** The code is shown once. It makes a key of full weight, so not every administrator may ask for one. */
    Json.Members invite(Seal seal, Peer peer, String person, Acts.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        if (!inviters.contains(peer.user())) {
            throw new AdminRefusedException(
                    "refused",
                    "Only root and the gateway's own user give out codes: agents may run as `" + peer.user() + "`.",
                    "Ask whoever is root on this machine to run `interlock key invite " + Arguments.printable(person)
                            + "`.");
        }
        try {
            Passkeys.Invitation invitation = passkeys.invite(seal, person);
            entry.record(Json.object().with("person", person));
            return Json.object()
                    .with("person", person)
                    .with("code", invitation.code().<String>use(code -> code))
                    .with("expires", invitation.expires().toString())
                    .with("origin", passkeys.site().origin());
        } catch (PasskeyRefusedException e) {
            throw refused(e);
        }
    }

    /** Whoever is known to be somebody makes keys for themselves: one for another waits for a careless touch. */
    Json.Members begin(Seal seal, Peer peer, Json.Members arguments) throws AdminRefusedException {
        boolean others = peer.person()
                .filter(person -> !person.equals(arguments.text("person")))
                .isPresent();
        if (others && arguments.optionalText("code").isEmpty()) {
            throw new AdminRefusedException(
                    "not_entitled",
                    "A passkey of somebody else is made by them.",
                    "They make it themselves, or with an invitation: interlock key invite");
        }
        try {
            Passkeys.Begun begun =
                    passkeys.begin(seal, arguments.text("person"), peer.known(), arguments.optionalText("code"));
            return Json.object().with("enrolment", begun.name()).with("options", begun.options());
        } catch (PasskeyRefusedException e) {
            throw refused(e);
        }
    }

    /** On record before it is kept: nobody has a key that the ledger knows nothing of. */
    Json.Members finish(Seal seal, Json.Members arguments, Acts.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        try {
            Passkey key = passkeys.made(
                    seal, arguments.text("enrolment"), json(arguments, "credential"), arguments.optionalText("code"));
            Optional<Passkey> instead = passkeys.givesWay(key);
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
            throw refused(e);
        }
    }

    /** Whoever is called so hears of it before they are asked to sign for it. */
    private static Alert waiting(Passkey key) {
        String person = key.statement().person();
        return new Alert(
                Alert.Rule.PASSKEY_WAITING,
                Alert.Severity.WARNING,
                "A passkey was made for " + person + " and waits for a signature of theirs. If that was not " + person
                        + ": interlock key revoke " + key.name() + ".",
                Map.of("person", person, "passkey", key.name(), "words", words(key)),
                Optional.empty());
    }

    private static Json.Members subject(Passkey key) {
        return Json.object()
                .with("passkey", key.name())
                .with("person", key.statement().person())
                .with("site", key.statement().origin()); // the receipt's `origin` is the log's
    }

    private static String text(KeyStatement statement) {
        return new String(statement.canonical(), StandardCharsets.UTF_8);
    }

    private static String words(Passkey key) {
        return DigestWords.of(Bytes.of(key.statement().canonical()).sha256());
    }

    /** Every try is a receipt. */
    Json.Members endorse(Seal seal, Json.Members arguments, Acts.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Passkey key = passkeys.find(arguments.text("key"))
                .orElseThrow(() -> new AdminRefusedException("not_found", "There is no passkey of that name.", SEE));
        try {
            Passkeys.Given given = passkeys.given(
                    seal, KeyStatement.NAMESPACE, key.statement().canonical(), json(arguments, "signature"));
            requireAlive(given.signer());
            Passkey after = passkeys.vouched(seal, key.name(), given);
            entry.record(
                    by(subject(key), given.signer()).with("result", "accepted").with("complete", after.isGood()));
            passkeys.keep(after);
            return Json.object()
                    .with("key", json(after, passkeys.standing(seal, after.name())))
                    .with("person", given.signer().person());
        } catch (PasskeyRefusedException e) {
            entry.record(subject(key).with("result", "rejected").with("reason", e.reason()));
            alarm(e);
            throw refused(e);
        }
    }

    private void requireAlive(Signer signer) throws AdminRefusedException {
        if (isKilled.test(signer.person())) {
            throw new AdminRefusedException(
                    "refused",
                    "`" + signer.person() + "` is killed, and can sign for nothing.",
                    "Lift the kill first.");
        }
    }

    private static Json.Members by(Json.Members told, Signer signer) {
        return told.with("signer", signer.person())
                .with("key", signer.key())
                .with("key_class", signer.keyClass().word())
                .with("basis", signer.basis().word());
    }

    /** Takes effect first and alone, as all tightening does. */
    Json.Members revoke(Peer peer, Json.Members arguments, Acts.Entry entry) throws AdminRefusedException {
        try {
            String reason = arguments.text("reason");
            Passkeys.Revoked revoked = passkeys.revoke(arguments.text("key"), peer.user(), reason);
            tellUnless(revoked.durable());
            Json.Members result = Json.object()
                    .with("key", revoked.key().name())
                    .with("person", revoked.key().statement().person())
                    .with("durable", revoked.durable())
                    .withTexts(
                            "vouched_for",
                            revoked.vouchedFor().stream().map(Passkey::name).toList());
            Json.Members done = entry.done(
                    result, subject(revoked.key()).with("reason", reason).with("durable", revoked.durable()));
            alerts.accept(new Alert(
                    Alert.Rule.PASSKEY_REVOKED,
                    Alert.Severity.WARNING,
                    "A passkey of `" + revoked.key().statement().person()
                            + "` counts for nothing any more. Ask them, unless they did it themselves.",
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

    /** Has the store told of revocations that it could not take. */
    void tidy() {
        tellUnless(passkeys.settle());
    }

    private void tellUnless(boolean durable) {
        if (!durable) {
            alerts.accept(new Alert(
                    Alert.Rule.STORE_TROUBLE,
                    Alert.Severity.ALARM,
                    "Passkeys were revoked, but the store cannot be told: a restart would bring them back.",
                    Map.of(),
                    Optional.empty()));
        }
    }

    /** What a browser is asked, to sign exactly one statement; and what a person sees of that. */
    Json.Members options(Seal seal, GlassCommands glass, BackupCommands backups, Json.Members arguments)
            throws AdminRefusedException {
        return options(seal, arguments, asked(seal, glass, backups, arguments));
    }

    private Json.Members options(Seal seal, Json.Members arguments, Asked asked) throws AdminRefusedException {
        try {
            Json.Members options = passkeys.toSign(
                    seal, arguments.text("person"), asked.statement().toArray());
            Json.Members result = Json.object()
                    .with("options", options)
                    .with("statement", new String(asked.statement().toArray(), StandardCharsets.UTF_8))
                    .with("words", DigestWords.of(asked.statement().sha256()));
            return result.withOptional("name_to_type", asked.nameToType());
        } catch (PasskeyRefusedException e) {
            throw refused(e);
        }
    }

    private record Asked(Bytes statement, Optional<String> nameToType) {}

    private Asked asked(Seal seal, GlassCommands glass, BackupCommands backups, Json.Members arguments)
            throws AdminRefusedException {
        if (arguments.get("reason").isPresent()) {
            Glass.Sheet sheet = glass.sheet(seal, Arguments.only(arguments, "hold", "person", "reason"));
            return new Asked(sheet.statement(), Optional.of(sheet.nameToType()));
        }
        List<String> named =
                arguments.without(Set.of("person")).members().keySet().stream().toList();
        if (named.size() != 1) {
            throw new MalformedException(
                    "`sign.options` takes exactly one of `hold`, `key`, `statement` and `unsigned`");
        }
        String value = arguments.text(named.getFirst());
        return switch (named.getFirst()) {
            case "hold" ->
                confirmers
                        .show(seal, value)
                        .map(sheet -> new Asked(sheet.statement(), sheet.nameToType()))
                        .orElseThrow(() -> new AdminRefusedException(
                                "not_found", "There is no hold `" + value + "`.", "See `interlock hold list`."));
            case "key" ->
                passkeys.find(value)
                        .map(key -> new Asked(Bytes.of(key.statement().canonical()), Optional.empty()))
                        .orElseThrow(
                                () -> new AdminRefusedException("not_found", "There is no passkey of that name.", SEE));
            case "unsigned" -> new Asked(backups.statement(seal, value), Optional.empty());
            default -> new Asked(prepared(value), Optional.empty());
        };
    }

    private static Bytes prepared(String statement) {
        Bytes bytes = Bytes.utf8(statement);
        // What a person has a passkey sign is one of the things that our commands ask for, and nothing else.
        if (!STATEMENTS.contains(Json.readObject(bytes.toArray()).text("type"))) {
            throw new MalformedException(
                    "`statement` is none that people sign for a lease, a kill, a freeze or a review");
        }
        return bytes;
    }

    Json.Members login() {
        Passkeys.Begun begun = passkeys.login();
        return Json.object().with("login", begun.name()).with("options", begun.options());
    }

    Json.Members login(Seal seal, Json.Members arguments, Acts.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        try {
            Passkeys.SignedIn in = passkeys.login(seal, arguments.text("login"), json(arguments, "assertion"));
            requireAlive(in.signer());
            entry.record(by(Json.object(), in.signer()).with("result", "accepted"));
            return Json.object()
                    .with("person", in.signer().person())
                    .with("key", in.signer().key())
                    .with("key_class", in.signer().keyClass().word())
                    .with("credential", in.key().statement().credential());
        } catch (PasskeyRefusedException e) {
            alarm(e);
            throw refused(e);
        }
    }

    /**
     * A signature as the rooms that it is for take it: an assertion with the enrolment that is kept here, its counter
     * counted; an SSHSIG as it is.
     *
     * @param told what a receipt says of a try that does not count
     */
    String given(
            Seal seal, String namespace, Bytes statement, Json.Members arguments, Json.Members told, Acts.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        String signature = json(arguments, "signature");
        if (!isAssertion(signature)) {
            return signature; // the room that it is for says what it is worth
        }
        try {
            return passkeys.given(seal, namespace, statement.toArray(), signature)
                    .text();
        } catch (PasskeyRefusedException e) {
            entry.record(told.with("result", "rejected").with("reason", e.reason()));
            alarm(e);
            throw refused(e);
        }
    }

    private static boolean isAssertion(String signature) {
        return signature.stripLeading().startsWith("{");
    }

    private void alarm(PasskeyRefusedException e) {
        if (e instanceof PasskeyCopiedException copied) {
            alerts.accept(new Alert(
                    Alert.Rule.PASSKEY_COPIED,
                    Alert.Severity.ALARM,
                    "The counter of a passkey of `" + copied.person()
                            + "` went back: it may exist twice. Ask them, and revoke it unless they can explain it.",
                    Map.of("passkey", copied.key(), "person", copied.person()),
                    Optional.empty()));
        }
    }

    /** What browsers say is an object; what a terminal passes on is a text. */
    private static String json(Json.Members arguments, String name) {
        return arguments.get(name).orElse(new Json.Nothing()) instanceof Json.Members object
                ? object.canonicalText()
                : arguments.text(name);
    }

    private static AdminRefusedException refused(PasskeyRefusedException e) {
        return new AdminRefusedException("refused", e.reason(), AGAIN);
    }
}
