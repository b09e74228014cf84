package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Elevation;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.SoleOwnerRules;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.Confirmation;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.confirm.HoldTicket;
import dev.interlock.evidence.ConfirmationSignature;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import dev.interlock.ledger.LedgerUnavailableException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * People's commands about holds; {@code isReached} says whether a receiver of that name exists and takes alerts, and
 * {@code stopping} what limits stop of calls that are confirmed together.
 */
public record HoldCommands(
        HoldSigning confirmers,
        SignatureReader signatures,
        Predicate<String> isReached,
        ElevationCommands elevations,
        BiFunction<Seal, List<Statement>, Optional<String>> stopping,
        Consumer<Alert> alerts)
        implements CommandGroup {

    private static final String SEE = "See `interlock hold list`.";

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(HoldQuestion.CountHolds.class, request -> count(request.seal())),
                Command.of(HoldQuestion.DenyHold.class, this::deny),
                Command.of(HoldQuestion.ListHolds.class, request -> list(request.seal(), request.question())),
                Command.of(
                        HoldQuestion.ShowHold.class,
                        request -> show(
                                request.seal(),
                                request.peer(),
                                request.question().hold())),
                Command.of(
                        HoldQuestion.ShowSet.class,
                        request -> showSet(
                                request.seal(),
                                request.peer(),
                                request.question().set())),
                Command.of(HoldQuestion.SignHold.class, this::sign),
                Command.of(HoldQuestion.ListGrants.class, request -> grants(request.seal())),
                Command.of(HoldQuestion.RevokeGrant.class, this::revoke));
    }

    /** Returns all live holds and the latest that ended; or, of one state, as many as asked for. */
    private HoldQuestion.Holds list(Seal seal, HoldQuestion.ListHolds asked) {
        List<HoldSigning.HoldSummary> lines = asked.equals(new HoldQuestion.ListHolds())
                ? confirmers.list(seal)
                : some(
                        seal,
                        asked.state().orElseThrow(() -> new MalformedException("`state` is missing")),
                        asked.after(),
                        limit(asked.limit().orElse((long) HoldSigning.MAX_LISTED)));
        return new HoldQuestion.Holds(lines.stream().map(HoldCommands::line).toList());
    }

    private List<HoldSigning.HoldSummary> some(Seal seal, String state, Optional<String> after, int limit) {
        return switch (state) {
            case "live" -> confirmers.live(seal, after, limit);
            case "ended" -> confirmers.ended(seal, after, limit);
            default -> throw new MalformedException("`state` must be `live` or `ended`");
        };
    }

    private static int limit(long limit) {
        if (limit < 1 || limit > HoldSigning.MAX_LISTED) {
            throw new MalformedException("`limit` must be between 1 and " + HoldSigning.MAX_LISTED);
        }
        return (int) limit;
    }

    private HoldQuestion.HoldCount count(Seal seal) {
        HoldSigning.HoldCount count = confirmers.count(seal);
        return new HoldQuestion.HoldCount(count.open(), count.signed());
    }

    private HoldQuestion.ShownHold show(Seal seal, Peer peer, String hold) throws AdminRefusedException {
        return shown(
                confirmers
                        .show(seal, hold)
                        .orElseThrow(
                                () -> new AdminRefusedException("not_found", "There is no hold `" + hold + "`.", SEE)),
                peer);
    }

    private HoldQuestion.ShownSet showSet(Seal seal, Peer peer, String set) throws AdminRefusedException {
        HoldSigning.SetSheet sheet = confirmers
                .showSet(seal, set, Optional.empty())
                .orElseThrow(() -> new AdminRefusedException("not_found", "There is no set `" + set + "`.", SEE));
        return new HoldQuestion.ShownSet(
                set(sheet.name()),
                new String(sheet.statement().toArray(), StandardCharsets.UTF_8),
                sheet.words(),
                sheet.nameToType(),
                sheet.holds().stream().map(hold -> shown(hold, peer)).toList(),
                stopping.apply(
                        seal,
                        sheet.holds().stream()
                                .map(hold -> Statement.read(hold.statement().toArray()))
                                .toList()));
    }

    private static HoldQuestion.HoldSet set(HoldSigning.HoldSetName name) {
        return new HoldQuestion.HoldSet(name.id(), name.question(), name.size());
    }

    private HoldQuestion.ShownHold shown(HoldSigning.HoldSheet sheet, Peer peer) {
        String hold = sheet.line().ticket().id();
        confirmers.recordView(hold, eyes(peer));
        return new HoldQuestion.ShownHold(
                line(sheet.line()),
                new String(sheet.statement().toArray(), StandardCharsets.UTF_8),
                sheet.text(),
                sheet.words(),
                sheet.nameToType(),
                sheet.texts().toShow(),
                sheet.body(),
                confirmers.elevation(hold).map(HoldCommands::scope),
                sheet.offer()
                        .map(offer -> new HoldQuestion.GrantOffer(
                                offer.calls(), offer.time().toSeconds(), offer.like())),
                sheet.noOffer());
    }

    private HoldQuestion.Grants grants(Seal seal) {
        return new HoldQuestion.Grants(confirmers.grants(seal).stream()
                .map(grant -> new HoldQuestion.Grant(
                        grant.id(),
                        grant.hold(),
                        grant.like(),
                        grant.confirmed().agent(),
                        grant.confirmed().task(),
                        grant.confirmed().lease(),
                        grant.people(),
                        grant.calls(),
                        grant.used(),
                        grant.until().toString()))
                .toList());
    }

    private HoldQuestion.RevokedGrant revoke(AdminRequest<HoldQuestion.RevokeGrant> request)
            throws AdminRefusedException {
        String grant = request.question().grant();
        String reason = request.question().reason();
        if (!confirmers.revoke(grant, known(request.peer()), reason)) {
            throw new AdminRefusedException(
                    "not_found", "There is no grant `" + grant + "` that is not over.", "See `interlock grant list`.");
        }
        return new HoldQuestion.RevokedGrant( // it has taken effect already
                grant, request.entry().done(Json.object().with("grant", grant).with("reason", reason)));
    }

    private static HoldQuestion.ElevationScope scope(Elevation elevation) {
        return new HoldQuestion.ElevationScope(
                List.copyOf(elevation.environments()),
                elevation.impacts().stream().map(Impact::word).toList(),
                elevation.resources().stream().map(Resource::toString).toList(),
                elevation.time().toMinutes());
    }

    /** Returns who views a hold. Two sessions in one person's name may be of two people, so each view counts alone. */
    private static String eyes(Peer peer) {
        return peer.isAtConsole()
                ? "session " + peer.session().orElse("none") + " of " + peer.user()
                : "user " + peer.user();
    }

    private HoldQuestion.SignedHold sign(AdminRequest<HoldQuestion.SignHold> request)
            throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        ReceiptEntry entry = request.entry();
        String hold = request.question().hold();
        requireSecondAddress(seal, hold, entry);
        // A hold that does not exist takes no signature either: `sign` below refuses it, and records that.
        Optional<HoldSigning.SetSheet> sheet = confirmers.showSet(seal, hold, Optional.empty());
        Optional<StatementList> list = request.question()
                .statement()
                .map(text -> StatementList.read(Bytes.utf8(text).toArray()));
        Bytes statement = list.map(signed -> Bytes.of(signed.canonical()))
                .or(() -> sheet.map(HoldSigning.SetSheet::statement))
                .orElse(Bytes.empty());
        String read = signatures.read(
                request,
                Statement.NAMESPACE,
                new SignatureReader.SignatureToRead(
                        statement, request.question().signature()),
                Json.object().with("hold", named(hold)));
        String signature = list.map(signed -> over(signed, read)).orElse(read);
        Optional<Duration> look = sheet.flatMap(set -> look(set, list, request.peer()));
        boolean hasty = look.filter(since -> since.compareTo(seal.approvals().minimumReadTime()) >= 0)
                .isEmpty();
        return switch (signed(
                seal, hold, signature, request.question().typedName(), hasty ? entry.marked("hasty") : entry)) {
            case HoldSigning.SignatureResult.AcceptedSignature accepted -> {
                if (hasty) {
                    alerts.accept(hasty(accepted, look));
                }
                seal.approvals().solo().ifPresent(_ -> alerts.accept(alone(accepted)));
                boolean widens =
                        accepted.complete() && confirmers.elevation(hold).isPresent();
                yield accepted(
                        accepted,
                        !widens
                                ? "The agent may now send "
                                        + (accepted.tickets().size() == 1 ? "the" : "each")
                                        + " identical request once"
                                        + accepted.granted()
                                                .map(grant -> ", and " + grant.calls() + " more of " + grant.like()
                                                        + " until " + grant.until() + " (" + grant.id() + ").")
                                                .orElse(".")
                                        + " One that waits for it goes by itself."
                                : elevations.signed()
                                        ? "The lease is wider now."
                                        : "The lease will be wider once the ledger can record it.");
            }
            case HoldSigning.SignatureResult.RejectedSignature(String reason, var _) ->
                throw new AdminRefusedException(
                        "refused", reason, "Nothing was signed. " + passkey(seal, reason) + SEE);
        };
    }

    /** Only where it helps, and as the seal has it: elsewhere no invitation is given. */
    private static String passkey(Seal seal, String reason) {
        if (!reason.contains("hardware key")) {
            return "";
        }
        return seal.passkeys().firstByCode()
                ? "A passkey in the console counts too: `sudo interlock key invite PERSON` makes the first one. "
                : "A passkey in the console counts too, once a hardware key has endorsed it. ";
    }

    /** Returns how long ago the last of the holds was first shown; empty if one was not. */
    private Optional<Duration> look(HoldSigning.SetSheet set, Optional<StatementList> list, Peer peer) {
        List<Optional<Duration>> looks = set.holds().stream()
                .filter(hold -> list.isEmpty()
                        || list.get().statements().contains(hold.statement().sha256()))
                .map(hold -> confirmers.timeSinceView(hold.line().ticket().id(), eyes(peer)))
                .toList();
        return looks.stream().allMatch(Optional::isPresent)
                ? looks.stream().flatMap(Optional::stream).min(Comparator.naturalOrder())
                : Optional.empty();
    }

    /** Returns {@code signature} with the list that it is over. One that cannot be read is rejected as it is. */
    private static String over(StatementList list, String signature) {
        try {
            return new ConfirmationSignature(Optional.of(list), PersonSignature.parse(signature)).text();
        } catch (MalformedException _) {
            return signature;
        }
    }

    /** Requires that the second address of a lone signer can be reached: only there can they still deny in time. */
    private void requireSecondAddress(Seal seal, String hold, ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Optional<String> silent =
                seal.approvals().solo().map(SoleOwnerRules::notice).filter(isReached.negate());
        if (silent.isPresent()) {
            String reason =
                    "A single person may sign only while alerts reach them on another device, but the receiver `"
                            + silent.get() + "` is not defined or does not accept alerts.";
            entry.record(Json.object()
                    .with("hold", named(hold))
                    .with("result", "rejected")
                    .with("reason", reason));
            throw new AdminRefusedException(
                    "refused", reason, "Define it under `alerts` in gateway.yaml, and run `interlock alert test`.");
        }
    }

    private static Alert alone(HoldSigning.SignatureResult.AcceptedSignature accepted) {
        return new Alert(
                Alert.AlertKind.SIGNED_ALONE,
                Alert.Severity.ALARM,
                accepted.person() + " signed alone; no other person is asked. If that was not you: interlock hold deny "
                        + accepted.set() + ". " + accepted.ticket().summary(),
                Map.of(
                        Alert.HOLD,
                        accepted.ticket().id(),
                        "person",
                        accepted.person(),
                        "until",
                        accepted.ticket().missing().isEmpty()
                                ? "now"
                                : String.join("; ", accepted.ticket().missing())));
    }

    private static Alert hasty(HoldSigning.SignatureResult.AcceptedSignature accepted, Optional<Duration> look) {
        return new Alert(
                Alert.AlertKind.HASTY_SIGNATURE,
                Alert.Severity.WARNING,
                accepted.person() + " signed " + accepted.ticket().id()
                        + look.map(since ->
                                        " " + since.toMillis() / 1000.0 + " seconds after it was first shown to them.")
                                .orElse(" but this gateway had not shown it to them."),
                Map.of("hold", accepted.ticket().id(), "person", accepted.person()));
    }

    /** Signs. Every try is recorded with its result, before the result takes effect. */
    private HoldSigning.SignatureResult signed(
            Seal seal, String hold, String signature, Optional<String> typed, ReceiptEntry entry)
            throws LedgerUnavailableException {
        try {
            return confirmers.sign(
                    seal, hold, signature, typed, signing -> recordUnlessKilled(seal, entry, hold, signing));
        } catch (ReceiptFailedException e) {
            throw e.cause;
        } catch (KilledSignerException e) {
            for (Json.Members result : resultJson(hold, e.rejected)) {
                entry.record(result);
            }
            e.rejected
                    .owner()
                    .flatMap(HoldSigning.SignatureOwner::person)
                    .filter(person -> confirmers.hasSignedEnough(seal, person))
                    .ifPresent(person -> alerts.accept(new Alert(
                            Alert.AlertKind.SIGNATURE_LIMIT,
                            Alert.Severity.ALARM,
                            e.rejected.reason(),
                            Map.of("person", person, "hold", hold))));
            return e.rejected;
        }
    }

    private void recordUnlessKilled(Seal seal, ReceiptEntry entry, String hold, HoldSigning.SignatureResult signing) {
        if (signing instanceof HoldSigning.SignatureResult.AcceptedSignature accepted) {
            String person = accepted.person();
            Optional<String> reason = confirmers.hasSignedEnough(seal, person)
                    ? Optional.of(
                            "`" + person + "` has signed " + seal.approvals().signaturesPerHour()
                                    + " times within an hour, which is the limit: another person may sign, or the same person later.")
                    : Optional.of(person).filter(signatures.isKilled()).map(SignatureReader::killed);
            if (reason.isPresent()) {
                throw new KilledSignerException(
                        new HoldSigning.SignatureResult.RejectedSignature(reason.get(), Optional.of(accepted.owner())));
            }
        }
        try {
            for (Json.Members result : resultJson(hold, signing)) {
                entry.record(result);
            }
        } catch (LedgerUnavailableException e) {
            throw new ReceiptFailedException(e);
        }
    }

    /** Carries a signature that does not count out of the store's transaction, which it undoes. */
    private static final class KilledSignerException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final transient HoldSigning.SignatureResult.RejectedSignature rejected;

        private KilledSignerException(HoldSigning.SignatureResult.RejectedSignature rejected) {
            super(rejected.reason());
            this.rejected = rejected;
        }
    }

    /** Carries the ledger's failure out of the store's transaction, which it undoes. */
    private static final class ReceiptFailedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final LedgerUnavailableException cause;

        private ReceiptFailedException(LedgerUnavailableException cause) {
            super(cause);
            this.cause = cause;
        }
    }

    /** Returns what the receipts say: an accepted signature has one for each hold. */
    private static List<Json.Members> resultJson(String hold, HoldSigning.SignatureResult signing) {
        return switch (signing) {
            case HoldSigning.SignatureResult.AcceptedSignature accepted ->
                accepted.tickets().stream()
                        .map(ticket -> granting(
                                by(Json.object().with("hold", ticket.id()), accepted.owner())
                                        .with("result", "accepted")
                                        .with("complete", accepted.complete()),
                                accepted.granted().filter(grant -> grant.hold().equals(ticket.id()))))
                        .toList();
            case HoldSigning.SignatureResult.RejectedSignature(
                    String reason,
                    Optional<HoldSigning.SignatureOwner> hand) -> {
                Json.Members rejected = Json.object()
                        .with("hold", named(hold))
                        .with("result", "rejected")
                        .with("reason", reason);
                yield List.of(hand.map(known -> by(rejected, known)).orElse(rejected));
            }
        };
    }

    private static Json.Members granting(Json.Members told, Optional<HoldSigning.GrantSummary> granted) {
        return granted.map(grant -> told.with("grant", grant.id())
                        .with("calls", grant.calls())
                        .with("until", grant.until().toString()))
                .orElse(told);
    }

    /** Returns {@code hold} as a receipt can hold it: a peer can invent any name. */
    private static String named(String hold) {
        return hold.matches("[HS]-[0-9A-Z]{1,40}") ? hold : RecordJson.printable(hold);
    }

    private static Json.Members by(Json.Members told, HoldSigning.SignatureOwner hand) {
        Json.Members by = told.with("key", hand.fingerprint())
                .with("key_class", hand.keyClass().attested());
        return hand.person().map(person -> by.with("signer", person)).orElse(by);
    }

    private static HoldQuestion.SignedHold accepted(
            HoldSigning.SignatureResult.AcceptedSignature accepted, String now) {
        String strength = accepted.owner().keyClass().word();
        return new HoldQuestion.SignedHold(
                accepted.person(),
                strength,
                strength.equals("software"),
                accepted.ticket().missing(),
                sentence(accepted, now));
    }

    private static String sentence(HoldSigning.SignatureResult.AcceptedSignature accepted, String now) {
        HoldTicket ticket = accepted.ticket();
        String missing =
                ticket.missing().isEmpty() ? now : "Still missing: " + String.join("; ", ticket.missing()) + ".";
        int more = accepted.tickets().size() - 1;
        return accepted.person() + " has signed " + ticket.id() + (more == 0 ? "" : " and " + more + " more") + ". "
                + missing;
    }

    private HoldQuestion.DeniedHold deny(AdminRequest<HoldQuestion.DenyHold> request) throws AdminRefusedException {
        String reason = request.question().reason();
        return switch (confirmers.deny(request.seal(), request.question().hold(), known(request.peer()), reason)) {
            case HoldSigning.DenialResult.DeniedAndEnded(List<HoldTicket> tickets) -> {
                boolean recorded = true;
                for (HoldTicket ticket : tickets) { // it has taken effect already
                    recorded &= request.entry()
                            .done(Json.object().with("hold", ticket.id()).with("reason", reason));
                }
                yield new HoldQuestion.DeniedHold(request.question().hold(), recorded);
            }
            case HoldSigning.DenialResult.NothingToDeny(String why) ->
                throw new AdminRefusedException("refused", why, SEE);
        };
    }

    /** Returns the name of who denies. A user of the machine is none of the seal's people, even with the same name. */
    private static String known(Peer peer) {
        return peer.person().orElse("the administrator `" + peer.user() + "`");
    }

    private static HoldQuestion.Hold line(HoldSigning.HoldSummary line) {
        return new HoldQuestion.Hold(
                line.ticket().id(),
                line.isElevation() ? "elevation" : "call",
                set(line.set()),
                line.state(),
                line.ticket().summary(),
                line.asked().text("agent"),
                line.asked().text("person"),
                line.asked().text("task"),
                line.asked().text("upstream"),
                line.asked().text("opened_at"),
                line.ticket().covers(),
                line.ticket().missing(),
                line.signers().stream()
                        .map(Confirmation.ConfirmationSigner::person)
                        .toList(),
                line.ending(),
                line.signBy().toString(),
                line.usable().map(usable -> usable.from().toString()),
                line.usable().map(usable -> usable.until().toString()));
    }
}
