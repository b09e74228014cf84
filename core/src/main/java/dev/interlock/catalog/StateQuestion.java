package dev.interlock.catalog;

import dev.interlock.action.Impact;
import java.util.Set;

/** The way in which an operation's meaning depends on the provider's present state. */
sealed interface StateQuestion permits StateComparison, StateCondition {

    /** Returns the impacts of the operation in the harmless case. */
    Set<Impact> kept();

    /** Returns the paths of the request that the question reads. */
    Set<ArgumentPath> readPaths();
}
