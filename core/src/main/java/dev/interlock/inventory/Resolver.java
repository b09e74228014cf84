package dev.interlock.inventory;

import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import java.util.Set;

/** Lists the resources of one kind of provider. */
interface Resolver {

    /** Reads a picture of everything in {@code upstream}. */
    Topology survey(Seal.Upstream upstream, SurveyQueries questions) throws UnresolvedException;

    /** Reads the parts of {@code known} that hold {@code resources} anew; everything, if one of them is not in it. */
    Topology survey(Seal.Upstream upstream, Topology known, Set<Resource> resources, SurveyQueries questions)
            throws UnresolvedException;

    /** Returns {@code picture} with those of {@code resources} that no list contains, and that it does not have yet. */
    Topology withSingles(Seal.Upstream upstream, Topology picture, Set<Resource> resources, SurveyQueries questions)
            throws UnresolvedException;

    Topology withBackups(Seal.Upstream upstream, Topology picture, Set<Resource> resources, SurveyQueries questions)
            throws UnresolvedException;
}
