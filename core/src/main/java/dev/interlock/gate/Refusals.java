package dev.interlock.gate;

import dev.interlock.action.Fact;
import dev.interlock.action.Refusal;
import dev.interlock.action.RefusalText;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.VerdictReasons;
import dev.interlock.catalog.ResponseRedaction;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldReadiness;
import dev.interlock.confirm.HoldTicket;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.WitnessRules;
import dev.interlock.ledger.LedgerFullException;
import dev.interlock.ledger.LedgerUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The refusals of the gate itself, in the terms of the contract with agents. */
final class Refusals {

    private static final String TELL_A_PERSON =
            "Nothing was sent. Tell the owner of this task; do not look for another route or credential.";

    static final String DISOWNED_REASON =
            "A person who confirmed this has been stopped since, so the confirmation no longer counts.";

    static final RefusalText UNREAD_DERIVATION = new RefusalText(
            "The request for a child lease cannot be read.",
            "Send a JSON object with any of `environments`, `impacts`, `resources` (arrays of strings from your own lease) and `ttl` (`90s`, `30m` or `8h`); a missing member is taken from your own lease.");
    static final RefusalText NARROWED_MACHINE = new RefusalText(
            "A machine's own lease covers what the machine was added for.",
            "Send `{}`; then derive a narrower lease from it.");
    static final RefusalText UNSEALED_MACHINE =
            new RefusalText("No seal is in force.", "Tell the person who runs Interlock to seal the policy.");
    static final RefusalText UNSEALED_ELEVATION =
            new RefusalText("No seal is in force.", "Wait until a person has sealed a policy.");
    static final RefusalText UNREAD_ELEVATION = new RefusalText(
            "The elevation request cannot be read.",
            "Send a JSON object with `reason` (a sentence), `environments` and `impacts` (arrays of strings), and optionally `resources` (an array of strings) and `minutes` (1 to 60; default 15).");

    static final Refusal UNKNOWN_ELEVATION = Refusal.denied(
            "Your lease has not requested an elevation with that name.", UNREAD_ELEVATION.next(), List.of());
    static final Refusal NO_LEDGER = Refusal.unavailable(
            "Interlock cannot write the receipt that must precede every call, so it refuses the call.", TELL_A_PERSON);
    static final Refusal NO_SEAL = Refusal.unavailable(
            "No seal is in force: nobody has sealed a policy yet, or the seal has expired.",
            "A person must seal the policy (`interlock seal`); until then nothing is forwarded.");
    /** An agent was shown a reference in place of a secret; a write would store it where the secret was. */
    static final Refusal SECRET_REFERENCE = Refusal.notUnderstood(
            "The request contains a reference to a secret (`%s…`), not the secret itself."
                    .formatted(ResponseRedaction.REFERENCE),
            "Leave that value out: Interlock does not replace a reference with its secret, so the reference would overwrite it.");

    static final Refusal OURS = Refusal.unavailable("Interlock itself failed, so it refuses the call.", TELL_A_PERSON);
    static final Refusal BUSY = Refusal.unavailable(
            "Too many concurrent requests from this lease; this one timed out in the queue.",
            "Send the identical request again in a moment; nothing was sent.");
    static final Refusal STOPPED_BEFORE = Refusal.unavailable(
            "The gateway stopped before it used the confirmation of this request; nothing was sent.",
            "Send the identical request again.");
    static final Refusal CHANGED_MEANWHILE = Refusal.unavailable(
            "Another call has just changed what this one changes, or is changing it.",
            "Send the identical request again. Nothing was sent.");
    static final Refusal NO_ROOM_FOR_STATE = Refusal.unavailable(
            "Interlock keeps what this call would overwrite, and has no room left for it.",
            "Tell the person who runs Interlock: kept states end by their age. Nothing was sent.");
    static final Refusal UNKEPT = Refusal.unavailable(
            "Interlock could not keep what this call would overwrite.",
            "Send the identical request again in a minute. Nothing was sent.");
    /** Returns the refusal of an undo that is not there, or that the lease may not ask for: it does not tell which. */
    static final Refusal NOT_UNDONE = Refusal.denied(
            "Your lease can undo no call of that receipt: it keeps no state for it, or no longer.",
            "A person may still undo it with `interlock undo RECEIPT`, while its state is kept.",
            List.of());

    static Refusal undoneBefore(String undoing) {
        return Refusal.denied(
                "This call was undone already, by " + undoing + ".",
                "If the same was done again since, undo that call.",
                List.of());
    }

    static final Refusal NOTHING_BEFORE = Refusal.denied(
            "Nothing was there before this call, and the server offers no call that removes what it made.",
            "Leave it, or ask a person to remove it by other means.",
            List.of());

    static final Refusal UNTOLD_CHANGE = Refusal.denied(
            "Your lease may not read what this call changed, so you are not told whether it was changed since.",
            "Ask a person to run `interlock undo RECEIPT`; or undo with `force`, which overwrites whatever is there.",
            List.of());

    static final Refusal UNREAD_STATE = Refusal.unavailable(
            "The present state could not be read, so nothing was put back.",
            "Send the identical request again in a minute.");
    static final Refusal UNSEARCHED = Refusal.unavailable(
            "Interlock cannot check just now whether this request carries a credential, so it refuses the request.",
            "Send the identical request again in a minute. Nothing was sent; do not look for another credential.");
    static final Refusal UNREAD_PUSH = Refusal.unavailable(
            "Interlock could not read the push just now, so it refuses it.",
            "Push again in a minute. If that does not help, tell the person who runs Interlock.");
    static final Refusal TOO_MANY_IN_FLIGHT = Refusal.unavailable(
            "This agent has %s calls in flight to that host, under all its leases, or %s in total; that is the limit."
                    .formatted(InFlightCalls.MOST, InFlightCalls.MOST_OF_ALL),
            "Read the answers to those calls, then send the identical request again. Nothing was sent, and a confirmation of this request stays valid.");
    static final Refusal TOO_LARGE =
            Refusal.notUnderstood("The request does more than one receipt can hold.", "Send it in smaller parts.");
    static final Refusal UNSEEN = Refusal.notUnderstood(
            "People must confirm this and sign for its stored bytes, but the body is too long to be stored.",
            "Send it in smaller requests, or ask a person to do it.");
    static final Refusal BROKEN_BODY = Refusal.unavailable(
            "The body broke off, or could not be stored.", "Send the identical request again; nothing was sent.");
    static final Refusal DISOWNED = Refusal.denied(
            DISOWNED_REASON, "Tell the owner of this task; do not look for another route or credential.", List.of());
    static final Refusal NOT_SENT = refusal(
            Refusal.Kind.NOT_SENT,
            Refusal.Finality.RETRYABLE,
            "The upstream could not be reached, or rejected the call before it processed anything; nothing has happened.",
            "Try the identical request again later.");
    static final Refusal ENDED_WHILE_READING = refusal(
            Refusal.Kind.UNANSWERED,
            Refusal.Finality.RETRYABLE,
            "The gateway stopped before the answer arrived. The request only reads: no data has changed.",
            "Try the identical request again.");
    static final Refusal NO_ANSWER = refusal(
            Refusal.Kind.UNANSWERED,
            Refusal.Finality.RETRYABLE,
            "The upstream did not answer in time, or the connection to it broke. The request only reads: no data has changed, but the provider may still charge for it.",
            "Request less data or a stream, or try the identical request again later.");
    static final Refusal UNKNOWN = refusal(
            Refusal.Kind.UNKNOWN,
            Refusal.Finality.FINAL,
            "The connection to the upstream broke after the request was sent: it may or may not have happened.",
            "Do not send it again. Read the state of the resource, or ask the owner of this task.");

    private static final int MAX_REASONS = 3;

    private Refusals() {}

    private static Refusal refusal(Refusal.Kind kind, Refusal.Finality finality, String reason, String next) {
        return new Refusal(kind, finality, reason, next, List.of(), Optional.empty());
    }

    static Refusal machineTooWide(List<String> reasons) {
        return Refusal.denied(
                String.join(" ", reasons), "Ask the person who runs Interlock to add the machine for less.", List.of());
    }

    static Refusal elevationTooWide(String objection) {
        return Refusal.denied(objection, "Ask only for what your task needs beyond the lease.", List.of());
    }

    static Refusal notGranted(String hold, String ending, List<String> covers) {
        return Refusal.denied(
                "Elevation %s was not granted. %s".formatted(hold, ending),
                "Continue without it, or ask the owner of this task.",
                covers);
    }

    static Refusal vainElevation(Refusal refusal, String reason) {
        return Refusal.denied(
                "%s An elevation would not change that. %s".formatted(refusal.reason(), reason),
                "Stop here and tell the owner of this task what you wanted to do.",
                refusal.covers());
    }

    static Refusal noLedger(LedgerUnavailableException why) {
        return why instanceof LedgerFullException
                ? Refusal.unavailable(
                        "The disk of Interlock's ledger is nearly full. The rest is reserved for people's commands, so every call is refused.",
                        TELL_A_PERSON)
                : NO_LEDGER;
    }

    /** The clock of holds is ahead of the wall clock: no confirmation can be asked for or used. */
    static Refusal clockAhead(Duration ahead) {
        return Refusal.unavailable(
                "The gateway's clock was ahead and was set back by " + ahead.toMinutes()
                        + " minutes, so nothing that people confirm can go for that long. No confirmation and no signature was used up.",
                "Tell the operator: once the clock is right, a person of `owners` runs `interlock clock accept --key KEY`. Then send the same request again.");
    }

    static Refusal noTarget(Optional<String> argument) {
        return refusal(
                Refusal.Kind.DENIED,
                Refusal.Finality.RETRYABLE,
                "The call acts on what its session has chosen, and Interlock has not seen that session from its beginning: nobody could say what is lost.",
                argument.map(name -> "Name the target in `" + name + "`, as an absolute path, or begin")
                                .orElse("Begin")
                        + " a session with `initialize`, choose the target in it, and call it there.");
    }

    static Refusal noUpstream(String name, Collection<String> known) {
        return Refusal.notUnderstood(
                "The seal names no upstream `" + name + "`.", "Call one of these: " + String.join(", ", known) + ".");
    }

    static Refusal unwitnessed(WitnessRules rules, Set<String> seen) {
        return Refusal.unavailable(
                "This call may go only once %d of %d witnesses on other machines have seen its intent, and %d did: %s did not cosign."
                        .formatted(
                                rules.quorum(),
                                rules.keys().size(),
                                seen.size(),
                                rules.without(seen).stream()
                                        .map(name -> "`" + name + "`")
                                        .collect(Collectors.joining(", "))),
                "Send the identical request again in a minute; nothing was sent, and a confirmation of it stays valid. If that does not help, tell the person who runs Interlock: `interlock status` says why.");
    }

    /** The refusal if a credential could not be opened; {@code confirmed}: a confirmation is spent for it. */
    static Refusal unopened(boolean confirmed) {
        return Refusal.unavailable(
                confirmed
                        ? "The vault could not open the credential just now, and the confirmation of this request is used up."
                        : "The vault could not open the credential just now.",
                confirmed
                        ? TELL_A_PERSON
                        : "Send the identical request again in a minute. Nothing was sent; do not look for another credential.");
    }

    static Refusal changedSince(List<String> names) {
        return Refusal.denied(
                "Somebody has changed this since the call: %s. An undo would overwrite it."
                        .formatted(String.join(", ", names)),
                "Look at the present state. If it is to be lost, undo with `force`.",
                List.of());
    }

    static Refusal notRestored(Receipt.Result result) {
        return Refusal.unavailable(
                "The restoring call was sent (" + result.word() + "), and the state is still not as it was before.",
                "Look at the present state; the receipt names the call.");
    }

    static Refusal unreadAfterwards(Receipt.Result result) {
        return Refusal.unavailable(
                "The restoring call was sent (" + result.word()
                        + "), and the state could not be read afterwards: it may be as it was before, or not.",
                "Look at the present state, or ask for the undo again: if nothing differs, it changes nothing.");
    }

    static Refusal carrying(FoundSecrets found) {
        return new Refusal(
                Refusal.Kind.FOREIGN_CREDENTIAL,
                Refusal.Finality.FINAL,
                "Policy forbids this: the body, path, query or headers carry %s, and a call must not carry one."
                        .formatted(found.words()),
                "Remove it, and tell the owner of this task where you found it; the gateway adds the credential that a call needs.",
                List.of("every call that carries a credential other than the lease"),
                Optional.empty());
    }

    static Refusal pushingSecrets(FoundSecrets found, List<String> places) {
        return new Refusal(
                Refusal.Kind.FOREIGN_CREDENTIAL,
                Refusal.Finality.FINAL,
                "The push brings " + found.words() + ": " + String.join(", ", places) + ".",
                "Remove it from every commit of the push (`git rebase -i`), and tell the owner of this task.",
                List.of("every push that brings such a credential"),
                Optional.empty());
    }

    static Refusal unshown(Refusal refusal, String why) {
        return refusal(
                refusal.kind(),
                refusal.finality(),
                "The reason of this refusal is withheld: " + why + ".",
                refusal.next());
    }

    static Refusal uncertain(List<String> gaps) {
        return Refusal.unavailable(
                "Interlock could not determine just now what this request would destroy. " + String.join(" ", gaps),
                "Send the identical request again in a minute; a confirmation of it stays valid.");
    }

    /** A failed lookup counts as the most protected. Nobody is asked for that much: an agent can make a lookup fail. */
    static Refusal withoutUncertainElevation(ResolvedAttempt sensed, Refusal refusal, List<String> gaps) {
        boolean certain = gaps.isEmpty() || !sensed.lease().impacts().containsAll(sensed.impacts());
        return certain
                ? refusal
                : new Refusal(
                        refusal.kind(),
                        Refusal.Finality.RETRYABLE,
                        refusal.reason() + " A lookup failed just now: " + String.join(" ", gaps),
                        "Send it again in a minute. Do not ask for an elevation before the lookup succeeds.",
                        refusal.covers(),
                        Optional.empty());
    }

    static Refusal credentialRefused(String reason) {
        return refusal(Refusal.Kind.DENIED, Refusal.Finality.FINAL, "The vault stays closed. " + reason, TELL_A_PERSON);
    }

    static Refusal of(HoldReadiness.DeniedHold denied) {
        return Refusal.denied(
                denied.reason(),
                "Do not try a variant of it; continue without it, or tell the owner of this task: only under a new lease, which the owner gives, are people asked again before then.",
                denied.covers());
    }

    static Refusal unanswered(Outcome.Held<?> held) {
        return endedElevation(
                held,
                "Nobody confirmed hold %s in time, or the confirmation was not used in time; that counts as a denial."
                        .formatted(held.hold()),
                "Continue without it, or tell the owner of this task; the identical request would ask people again.");
    }

    static Refusal overtaken(Outcome.Held<?> held) {
        return endedElevation(
                held,
                "Hold " + held.hold()
                        + " was confirmed, but another copy of this request has used the confirmation, which is valid once.",
                "Read the answer to that copy. The identical request would ask people again.");
    }

    private static Refusal endedElevation(Outcome.Held<?> held, String reason, String next) {
        return new Refusal(
                Refusal.Kind.DENIED,
                Refusal.Finality.APPROVABLE,
                reason,
                next,
                held.refusal().covers(),
                Optional.empty());
    }

    static Refusal withdrawn(String hold) {
        return Refusal.denied(
                "Elevation %s is no longer valid: a kill stopped it or a person who signed it, their key was revoked, or a new seal is in force."
                        .formatted(hold),
                "Continue without it, or ask for another.",
                List.of());
    }

    static Refusal endedElevation(String hold, Instant until) {
        return Refusal.denied(
                "Elevation " + hold + " ended at " + until + ".",
                "Continue without it, or ask for another.",
                List.of());
    }

    static Refusal unaskable(String reason) {
        return Refusal.denied(reason, TELL_A_PERSON, List.of());
    }

    /** Returns the refusal of an attempt that needs people, while as many questions of its agent wait as may. */
    static Refusal of(Confirmations.ParkResult.LimitReached reached) {
        return new Refusal(
                Refusal.Kind.DENIED,
                Refusal.Finality.RETRYABLE,
                "%s needs a person's yes, and %s questions of this agent wait for people already, under all its leases, which is the limit: %s."
                        .formatted(reached.asked(), reached.open().size(), String.join("; ", reached.open())),
                "Send it again once people have answered one of these. The first ends by itself at %s."
                        .formatted(reached.next()),
                List.of(),
                Optional.empty());
    }

    static Refusal of(Confirmations.ParkResult.ElevationsUsedUp usedUp) {
        return new Refusal(
                Refusal.Kind.DENIED,
                Refusal.Finality.RETRYABLE,
                "A person must approve it, and this agent has asked for %s elevations within the hour, under all its leases, which is the limit: %s. The oldest was asked at %s."
                        .formatted(usedUp.holds().size(), String.join(", ", usedUp.holds()), usedUp.since()),
                "Wait. You may ask again at %s.".formatted(usedUp.next()),
                List.of(),
                Optional.empty());
    }

    static Refusal held(HoldTicket ticket, VerdictReasons grounds, String consequences) {
        return new Refusal(
                Refusal.Kind.CONFIRMATION_REQUIRED,
                Refusal.Finality.APPROVABLE,
                ticket.summary() + " " + consequences + limits(grounds) + " Still missing: " + missing(ticket) + ".",
                ticket.next(),
                ticket.covers(),
                Optional.empty());
    }

    static String limits(VerdictReasons grounds) {
        return grounds.limits().stream().map(limit -> " " + limit.reason()).collect(Collectors.joining());
    }

    private static String missing(HoldTicket ticket) {
        return ticket.missing().isEmpty() ? "nothing" : String.join("; ", ticket.missing());
    }

    /**
     * Returns {@code refusal} with what the catalog says of these arguments, and with the safer alternatives that it
     * knows, if an agent may still take one.
     *
     * @param isLimited whether a limit stops the call; it would stop the alternative too
     */
    static Refusal offering(ResolvedAttempt sensed, Refusal refusal, boolean isLimited) {
        boolean open = switch (refusal.kind()) {
            case DENIED, CONFIRMATION_REQUIRED -> true;
            case FOREIGN_CREDENTIAL, NOT_UNDERSTOOD, UNAVAILABLE, NOT_SENT, UNANSWERED, UNKNOWN -> false;
        };
        return !open
                ? refusal
                : new Refusal(
                        refusal.kind(),
                        refusal.finality(),
                        because(sensed, refusal.reason()),
                        // Comes first: the rest may end with a command, which no text may follow.
                        isLimited ? refusal.next() : instead(sensed, refusal.next()),
                        refusal.covers(),
                        refusal.elevation());
    }

    private static String because(ResolvedAttempt sensed, String reason) {
        return Stream.concat(
                        Stream.of(reason),
                        sensed.actions().stream()
                                .flatMap(action -> action.facts().stream())
                                .filter(fact -> fact.name().equals(Fact.BECAUSE))
                                .map(Fact::value)
                                .filter(why -> !reason.contains(why))
                                .distinct()
                                .limit(MAX_REASONS))
                .collect(Collectors.joining(" "));
    }

    /** Returns the one next step: the alternative, and only if that does not do, {@code next}. */
    private static String instead(ResolvedAttempt sensed, String next) {
        String milder = milder(sensed);
        return milder.isEmpty() ? next : milder + "If that does not do: " + next.replace(Refusal.NO_OTHER_FORM, "");
    }

    /** Returns the safer alternatives that the catalog knows, to precede another sentence. Empty if there are none. */
    static String milder(ResolvedAttempt sensed) {
        List<String> milder = sensed.actions().stream()
                .flatMap(action -> action.facts().stream())
                .filter(fact -> fact.name().equals(Fact.SAFER))
                .map(Fact::value)
                .distinct()
                .toList();
        return milder.isEmpty() ? "" : "Safer alternative: " + String.join(" ", milder) + " ";
    }

    static Refusal cut(Refusal why) {
        return new Refusal(
                Refusal.Kind.UNKNOWN,
                Refusal.Finality.FINAL,
                why.reason() + " This request was in flight: it may or may not have happened.",
                why.next(),
                why.covers(),
                Optional.empty());
    }
}
