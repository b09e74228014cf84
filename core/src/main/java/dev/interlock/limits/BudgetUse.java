package dev.interlock.limits;

import dev.interlock.action.SealLimits.Budget;

/** How much of a budget is used by those who share it. */
public record BudgetUse(Budget budget, long used) {

    public long left() {
        return Math.max(0, budget.atMost() - used);
    }
}
