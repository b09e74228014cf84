package dev.interlock.admin;

import dev.interlock.action.MaskedCredential;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminclient.RunProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Opens and closes the listener that belongs to one agent alone. */
public interface Listeners {

    /**
     * An open listener.
     *
     * @param trust a directory with the {@code authority.pem} and {@code .p12} that its agent trusts
     * @param databases the names of the databases that are reached beside {@code socket}
     */
    record OpenListener(Path socket, Path trust, List<String> databases) {
        public OpenListener {
            databases = List.copyOf(databases);
        }
    }

    /** Makes decoys for {@code place}. Until it is closed, their use is attributed to {@code owner}. */
    List<LeaseQuestion.Decoy> plant(String place, String owner);
    /** Registers decoys of the workspace of {@code place}. IllegalArgumentException: more than anybody can use. */
    void arm(String place, String owner, List<MaskedCredential> decoys);

    /**
     * The users who may enter a place, by name or number. An attempt by anybody else raises an alert.
     *
     * @param starter the user who had it opened
     * @param agent the user who works there, if that is somebody else
     * @param runner the process that holds the place, if this process can see it
     */
    record PlaceUsers(String starter, Optional<String> agent, Optional<RunProcess> runner) {

        /** Returns whether the process that holds the place has ended. */
        public boolean areGone() {
            return runner.filter(process -> !process.isAlive()).isPresent();
        }
    }

    /** Opens the listener of {@code place}. It stays open until it is closed, even over a restart of the gateway. */
    OpenListener open(String place, PlaceUsers entrants) throws IOException;

    /**
     * Opens again those of {@code used} that were open when the gateway ended, and forgets all others. They have the
     * same sockets, the same authority and the same decoys. Returns them, with who may enter. A place whose process has
     * ended is returned too, and not opened.
     */
    Map<String, PlaceUsers> reopen(Set<String> used);
    /** Closes the place, and cuts what is in flight there; does nothing if it is closed already. */
    void close(String place);
    /** Closes every place that is not among {@code used}. The supplier is asked after the open places are known. */
    void closeUnused(Supplier<Set<String>> used);
}
