-- SPDX-License-Identifier: Apache-2.0
return "load_curve"
