package dev.interlock.console;

import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The pages about holds: the list of those that wait, and the page on which people approve or deny one. */
record HoldPages(InstantSource clock) {

    /** The time before a hold for which the agent's calls are shown. */
    private static final Duration MINUTES = Duration.ofMinutes(15);

    private static final int MAX_ROWS = 8;
    private static final int MAX_READ = 200;
    private static final int MAX_AROUND = 4;
    private static final int MAX_SIMILAR = 6;
    /** Maximum number of latest decisions that are searched; older ones matter little. */
    private static final long MAX_LOOKED_AT = 50;

    private static final int PAGE = 50;

    record Line(
            String id,
            HoldQuestion.HoldSet set,
            String state,
            String summary,
            String agent,
            String person,
            String task,
            HoldView.DisplayTime opened,
            HoldView.DisplayTime ends,
            List<String> missing,
            List<String> covers,
            String ending) {

        static Line of(HoldQuestion.Hold hold) {
            return new Line(
                    hold.id(),
                    new HoldQuestion.HoldSet(
                            hold.set().id(),
                            DisplayText.sentence(hold.set().asks()),
                            hold.set().size()),
                    hold.state(),
                    DisplayText.sentence(hold.summary()),
                    DisplayText.text(hold.agent()),
                    DisplayText.text(hold.person()),
                    DisplayText.text(hold.task()),
                    HoldView.DisplayTime.of(hold.openedAt()),
                    HoldView.DisplayTime.of(hold.usableUntil().orElse(hold.signBy())),
                    hold.missing().stream().map(DisplayText::dated).toList(),
                    hold.covers().stream().map(DisplayText::sentence).toList(),
                    DisplayText.sentence(hold.ending()));
        }
    }

    ConsoleAnswer list(ConsoleRequest request) throws AdminRefusedException {
        Optional<String> after = request.field("after");
        Optional<String> before = request.field("before");
        // Turning a page of live or past holds shows that kind alone.
        Page live = before.isEmpty() ? page(request, "live", after) : Page.NONE;
        Page ended = after.isEmpty() ? page(request, "ended", before) : Page.NONE;
        long waiting = request.ask(new HoldQuestion.CountHolds()).open();
        boolean isFirst = after.isEmpty() && before.isEmpty();
        List<HoldQuestion.Grant> grants =
                isFirst ? request.ask(new HoldQuestion.ListGrants()).grants() : List.of();
        Layout layout = new Layout("Holds", "/holds", request.session());
        return ConsoleAnswer.page((output, none) ->
                JteholdsGenerated.render(output, none, layout, live, ended, grants, waiting, isFirst, clock.instant()));
    }

    /** One page of holds, as many as a person reads through, and the hold after which the next begins. */
    record Page(List<Line> lines, Optional<String> rest) {

        static final Page NONE = new Page(List.of(), Optional.empty());
    }

    /** Leaves the first hold of each set, whose line stands for all of them. */
    private static List<Line> bySet(List<Line> lines) {
        Set<String> seen = new HashSet<>();
        return lines.stream().filter(line -> seen.add(line.set().id())).toList();
    }

    private static Page page(ConsoleRequest request, String state, Optional<String> after)
            throws AdminRefusedException {
        List<Line> lines =
                request
                        .ask(new HoldQuestion.ListHolds(Optional.of(state), Optional.of(PAGE + 1L), after))
                        .holds()
                        .stream()
                        .map(Line::of)
                        .toList();
        boolean isMore = lines.size() > PAGE;
        return new Page(
                bySet(isMore ? lines.subList(0, PAGE) : lines),
                isMore ? Optional.of(lines.get(PAGE - 1).id()) : Optional.empty());
    }

    ConsoleAnswer show(ConsoleRequest request) throws AdminRefusedException {
        Instant now = clock.instant();
        if (request.id().startsWith("S-")) {
            HoldQuestion.ShownSet set = request.ask(new HoldQuestion.ShowSet(request.id()));
            return set.holds().size() == 1
                    ? ConsoleAnswer.to("/holds/" + set.set().id())
                    : set(request, set, now);
        }
        HoldQuestion.ShownHold shown = request.ask(new HoldQuestion.ShowHold(request.id()));
        HoldView hold = HoldView.of(shown, around(request, shown), now);
        List<ReceiptRow> rows = minutes(request, hold);
        List<Line> similar = similar(request, hold);
        String done = request.field("done").orElse("");
        Layout layout = new Layout("Hold: " + hold.title(), "/holds", request.session());
        return ConsoleAnswer.page((output, none) ->
                JteholdGenerated.render(output, none, layout, hold, shown.line().set(), rows, similar, now, done));
    }

    private static ConsoleAnswer set(ConsoleRequest request, HoldQuestion.ShownSet shown, Instant now) {
        HoldSetView set = HoldSetView.of(shown, now);
        Layout layout = new Layout(set.title(), "/holds", request.session());
        return ConsoleAnswer.page((output, none) -> JteholdsetGenerated.render(output, none, layout, set, now));
    }

    /** Returns the resource's users. They are not in the statement, and are shown beside it as current knowledge. */
    private static List<AgentQuestion.Dependent> around(ConsoleRequest request, HoldQuestion.ShownHold shown)
            throws AdminRefusedException {
        List<AgentQuestion.Dependent> around = new ArrayList<>();
        for (String resource :
                HoldView.resources(shown).stream().limit(MAX_AROUND).toList()) {
            around.addAll(
                    request.ask(new AgentQuestion.FindDependents(shown.line().upstream(), resource))
                            .services());
        }
        return around;
    }

    /** Returns the agent's calls before the hold; its later calls are on the live page. */
    private static List<ReceiptRow> minutes(ConsoleRequest request, HoldView hold) throws AdminRefusedException {
        Instant opened = DisplayText.instant(hold.opened().iso()).orElse(Instant.EPOCH);
        EvidenceQuestion.FindReceipts query = EvidenceQuestion.FindReceipts.latest(MAX_READ)
                .ofLease(Optional.of(hold.lease()))
                .between(Optional.of(opened.minus(MINUTES)), Optional.of(opened.plus(MINUTES)));
        return ReceiptRow.calls(ReceiptRow.named(request, request.ask(query).receipts())).stream()
                .filter(row -> !row.kind().equals("admin") && !row.hold().equals(hold.id()))
                .filter(row -> DisplayText.instant(row.iso())
                        .filter(at -> !at.isAfter(opened))
                        .isPresent())
                .limit(MAX_ROWS)
                .toList();
    }

    private static List<Line> similar(ConsoleRequest request, HoldView hold) throws AdminRefusedException {
        return request
                .ask(new HoldQuestion.ListHolds(Optional.of("ended"), Optional.of(MAX_LOOKED_AT), Optional.empty()))
                .holds()
                .stream()
                .map(Line::of)
                .filter(line -> !line.id().equals(hold.id()))
                .filter(line -> line.covers().stream().anyMatch(hold.covers()::contains)
                        || line.agent().equals(hold.agent()))
                .limit(MAX_SIMILAR)
                .toList();
    }

    /** Narrows an elevation to what is ticked. Each box is a field of its own, because a field may occur once. */
    ConsoleAnswer narrow(ConsoleRequest request) throws AdminRefusedException {
        return request.act(
                new HoldQuestion.NarrowHold(
                        request.id(),
                        ticked(request, "environment-"),
                        ticked(request, "impact-"),
                        Set.of(),
                        request.field("minutes").map(Long::valueOf)),
                "/holds/" + request.id());
    }

    private static Set<String> ticked(ConsoleRequest request, String prefix) {
        Set<String> ticked = request.fields().keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length()))
                .collect(Collectors.toSet());
        if (ticked.isEmpty()) {
            throw new IllegalArgumentException("nothing would be left of the request: deny it instead");
        }
        return ticked;
    }

    ConsoleAnswer deny(ConsoleRequest request) throws AdminRefusedException {
        return request.act(
                new HoldQuestion.DenyHold(request.id(), request.field("reason").orElse("")),
                "/holds/" + request.id() + "?done=denied");
    }

    ConsoleAnswer options(ConsoleRequest request) throws AdminRefusedException {
        PersonQuestion.PrepareSignature asked = PersonQuestion.PrepareSignature.ofHold(request.signer(), request.id());
        return ConsoleAnswer.data(request.ask(request.field("calls")
                .map(calls -> asked.granting(
                        Long.parseLong(calls), request.field("until").orElse("")))
                .orElse(asked)));
    }

    ConsoleAnswer revoke(ConsoleRequest request) throws AdminRefusedException {
        return request.act(new HoldQuestion.RevokeGrant(request.id(), ""), "/holds");
    }

    ConsoleAnswer sign(ConsoleRequest request) throws AdminRefusedException {
        // Not stripped: a person who types something else has to be informed.
        String typed = request.fields().getOrDefault("typed_name", "");
        return ConsoleAnswer.data(request.ask(new HoldQuestion.SignHold(
                request.id(),
                request.signature(),
                typed.isEmpty() ? Optional.empty() : Optional.of(typed),
                request.field("statement"))));
    }
}
