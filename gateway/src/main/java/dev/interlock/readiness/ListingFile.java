package dev.interlock.readiness;

import dev.interlock.admin.ListingCommands;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The backup listings of other tools, in one file of its own. No decision reads it. */
public final class ListingFile implements ListingCommands.ListingStore {

    private final JsonListFile listings;

    public ListingFile(Path file) {
        this.listings = new JsonListFile(file, "listings");
    }

    @Override
    public void keep(List<Json.Members> all) throws IOException {
        listings.replace(all);
    }

    @Override
    public List<Json.Members> stored() {
        return listings.all();
    }
}
