package dev.interlock.confine;

import dev.interlock.action.Secret;
import dev.interlock.admin.AdminClient;
import dev.interlock.admin.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Places of a running gateway, asked for through its admin socket. */
public final class AdminPlaces implements Places {

    private final AdminClient gateway;
    private final Consumer<Json.Members> opened;

    /**
     * Places of {@code gateway}.
     *
     * @param opened is told of each lease that was opened, without its token
     */
    public AdminPlaces(AdminClient gateway, Consumer<Json.Members> opened) {
        this.gateway = gateway;
        this.opened = opened;
    }

    @Override
    public Place open(Errand errand) throws IOException, UnconfinableException {
        Json.Members arguments = Json.object().with("task", errand.task());
        if (errand.agent().isPresent()) {
            arguments = arguments.with("agent", errand.agent().get());
        }
        if (!errand.environments().isEmpty()) {
            arguments = arguments.withTexts("environments", errand.environments());
        }
        try {
            Json.Members lease = gateway.call("run.open", arguments);
            opened.accept(lease.without(Set.of("token")));
            return place(lease);
        } catch (AdminRefusedException e) {
            throw new UnconfinableException(String.valueOf(e.getMessage()), e.next());
        }
    }

    private static Place place(Json.Members opened) {
        return new Place(
                opened.text("lease"),
                new Secret(opened.text("token")),
                Path.of(opened.text("socket")),
                Instant.parse(opened.text("expires")));
    }

    @Override
    public Optional<Instant> renew(Place place) throws IOException {
        try {
            Json.Members renewed = gateway.call("run.renew", Json.object().with("lease", place.lease()));
            return Optional.of(Instant.parse(renewed.text("expires")));
        } catch (AdminRefusedException e) {
            return Optional.empty(); // revoked, or at the end of its template's time: the agent keeps what is left
        }
    }

    @Override
    public void close(Place place) throws IOException {
        try {
            gateway.call("run.close", Json.object().with("lease", place.lease()));
        } catch (AdminRefusedException e) {
            // It has ended already, by revocation or expiry, and its listener with it.
        }
    }
}
