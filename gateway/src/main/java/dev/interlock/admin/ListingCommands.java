package dev.interlock.admin;

import dev.interlock.action.Resource;
import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The command that takes what other backup tools list. These are claims: something was stored, and nobody has restored
 * it. People can view them; no decision reads them.
 */
public final class ListingCommands implements CommandGroup {

    /** Maximum listings of one user; nobody has as many tools. */
    static final int MAX_LISTINGS = 64;

    /** Maximum characters of one name or reason. */
    public static final int MAX_TEXT = 200;

    /** The time after which a listing that was not handed in again is forgotten. */
    static final Duration KEPT = Duration.ofDays(7);

    /** The time by which the clocks of two machines may differ. */
    private static final Duration SLACK = Duration.ofMinutes(1);

    /** Stores listings. */
    public interface ListingStore {

        /**
         * Stores {@code listings} in the place of those before.
         *
         * @throws IOException if they may be lost by a restart
         */
        void keep(List<Json.Members> listings) throws IOException;

        /** Returns the stored listings. */
        List<Json.Members> stored();
    }

    private final ListingStore keeper;
    private final InstantSource clock;

    public ListingCommands(ListingStore keeper, InstantSource clock) {
        this.keeper = keeper;
        this.clock = clock;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(
                "backup.listings",
                Entitlement.SOCKET,
                Set.of("listings"),
                request -> listed(request.peer(), request.question())));
    }

    /** Takes listings. Each replaces what the same user handed in about the same resource before. */
    private synchronized Json.Members listed(Peer peer, Json.Members arguments) throws AdminRefusedException {
        List<Json.Members> told = arguments.objects("listings");
        List<Json.Members> all = new ArrayList<>(current());
        for (Json.Members one : told) {
            Json.Members listing = checked(one).with("by", peer.user());
            all.removeIf(other -> isSame(other, listing));
            all.add(listing);
        }
        if (all.stream().filter(one -> one.text("by").equals(peer.user())).count() > MAX_LISTINGS) {
            throw new MalformedException("there are more than " + MAX_LISTINGS + " listings");
        }
        try {
            keeper.keep(all);
        } catch (IOException e) {
            throw new AdminRefusedException(
                    "unavailable",
                    "The reports cannot be saved.",
                    "See the daemon's log, and hand " + "them in again.");
        }
        return Json.object().with("listings", told.size());
    }

    /** Returns the listings that are young enough. */
    synchronized Json.Array list() {
        return new Json.Array(List.copyOf(current()));
    }

    private List<Json.Members> current() {
        Instant oldest = clock.instant().minus(KEPT);
        return keeper.stored().stream()
                .filter(one -> Instant.parse(one.text("asked_at")).isAfter(oldest))
                .toList();
    }

    private static boolean isSame(Json.Members one, Json.Members other) {
        return one.text("listing").equals(other.text("listing"))
                && one.text("of").equals(other.text("of"))
                && one.text("by").equals(other.text("by"));
    }

    /** Returns the same listing, of which every member was read. */
    private Json.Members checked(Json.Members listing) {
        Arguments.only(listing, "asked_at", "backups", "failed", "listing", "of", "youngest");
        Instant askedAt = time(listing, "asked_at");
        if (askedAt.isAfter(clock.instant().plus(SLACK))) {
            throw new MalformedException("`asked_at` is in the future: compare the clocks");
        }
        Json.Members read = Json.object()
                .with("listing", text(listing, "listing"))
                .with("of", Resource.parse(text(listing, "of")).toString())
                .with("asked_at", askedAt.toString());
        if (listing.get("failed").isPresent()) {
            Arguments.only(listing, "asked_at", "failed", "listing", "of");
            return read.with("failed", text(listing, "failed"));
        }
        long backups = listing.whole("backups");
        if (backups < 0 || backups > 0 != listing.get("youngest").isPresent()) {
            throw new MalformedException(
                    "`youngest` must be given if there are backups, and " + "omitted if there are none");
        }
        Json.Members counted = read.with("backups", backups);
        return backups == 0 ? counted : counted.with("youngest", youngest(listing.object("youngest")));
    }

    private static Json.Members youngest(Json.Members youngest) {
        Arguments.only(youngest, "backup", "errors", "taken_at");
        return Json.object()
                .with("backup", text(youngest, "backup"))
                .with("taken_at", time(youngest, "taken_at").toString())
                .with("errors", youngest.flag("errors"));
    }

    private static Instant time(Json.Members from, String name) {
        try {
            return Instant.parse(from.text(name));
        } catch (DateTimeException e) {
            throw new MalformedException("`" + name + "` is not a valid time", e);
        }
    }

    private static String text(Json.Members from, String name) {
        String text = from.text(name);
        if (text.isEmpty() || text.length() > MAX_TEXT) {
            throw new MalformedException("`" + name + "` must have from 1 to " + MAX_TEXT + " characters");
        }
        return text;
    }
}
