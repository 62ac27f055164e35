-- SPDX-License-Identifier: Apache-2.0
return { name = "Town", energy = { step_minutes = 30 } }
